/** Charts as SVG drawn by ECharts on this side, so that the page needs no library. Their colours are the style sheet's. */
import { LineChart } from 'echarts/charts';
import { GridComponent, MarkAreaComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { escaped, trusted, type Markup } from './markup.ts';

use([LineChart, GridComponent, MarkAreaComponent, SVGRenderer]);

export const WIDTH = 1000;

export const AXIS_TEXT = { color: 'var(--muted)', fontSize: 13 } as const;
const RULES = { lineStyle: { color: 'var(--rule)' } } as const;

/** A horizontal axis; its name stands `nameGap` pixels below it. */
export const valueAxis = (name: string, nameGap: number): EChartsCoreOption => ({
  type: 'value',
  name,
  nameLocation: 'middle',
  nameGap,
  nameTextStyle: AXIS_TEXT,
  axisLabel: AXIS_TEXT,
  axisLine: { lineStyle: { color: 'var(--rule-strong)' } },
  axisTick: { show: false },
  splitLine: { show: true, ...RULES },
});

/** A vertical axis. */
export const upAxis = (name: string, nameGap: number): EChartsCoreOption => ({
  type: 'value',
  name,
  nameLocation: 'middle',
  nameGap,
  nameTextStyle: AXIS_TEXT,
  min: 0,
  axisLabel: AXIS_TEXT,
  axisLine: { show: false },
  splitLine: RULES,
});

/** A vertical axis of milliseconds, from power of ten to power of ten. */
export const latencyAxis = (nameGap: number): EChartsCoreOption => ({
  ...upAxis('ms', nameGap),
  type: 'log',
  min: ({ min }: { readonly min: number }) => 10 ** Math.floor(Math.log10(Math.max(min, 0.001))),
  max: ({ max }: { readonly max: number }) => 10 ** Math.ceil(Math.log10(Math.max(max, 0.01))),
});

export interface Drawing {
  /** Its own on the page. */
  readonly id: string;
  /** Its accessible name. */
  readonly label: string;
  /** Of 1000 wide. */
  readonly height: number;
}

export function drawn({ id, label, height }: Drawing, option: EChartsCoreOption): Markup {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: 'inherit' }, ...option });
    const svg = unnumbered(chart.renderToSVGString(), id);
    return trusted(svg.replace('<svg ', `<svg class="curve" role="img" aria-label="${escaped(label)}" `));
  } finally {
    chart.dispose();
  }
}

/**
 * ECharts numbers its charts and its classes (they only serve the pointer) throughout the process: without this, the
 * same report would look different the next time.
 */
function unnumbered(svg: string, id: string): string {
  return svg
    .replaceAll(/<style\b[^>]*>.*?<\/style>/gsu, '')
    .replaceAll(/ class="zr\d+-cls-\d+"/gu, '')
    .replaceAll(/\bzr\d+-/gu, `${id}-`);
}
