/** Tables as the page shows them: the first column names the row, and wide ones scroll by themselves. */
import { markup, type Markup } from './markup.ts';

export interface Column<Row> {
  readonly name: string;
  /** Right-aligned. */
  readonly numeric?: boolean;
  readonly cell: (row: Row) => string | Markup;
  /** What the column is sorted by, where readers may sort; default: the text. */
  readonly sortBy?: (row: Row) => number | string;
}

export interface TableOptions {
  /** Its accessible name. */
  readonly label: string;
  /** Lets readers sort by clicking a heading, where scripts run. */
  readonly sortable?: boolean;
  readonly className?: string;
}

export function tableOf<Row>(
  rows: readonly Row[],
  [first, ...others]: readonly Column<Row>[],
  { label, sortable = false, className }: TableOptions,
): Markup | undefined {
  if (rows.length === 0 || first === undefined) return undefined;
  const heading = ({ name, numeric }: Column<Row>): Markup => markup`<th scope="col"${classOf(numeric)}>${name}</th>`;
  const sortKey = (column: Column<Row>, row: Row): Markup | undefined =>
    column.sortBy === undefined ? undefined : markup` data-sort="${column.sortBy(row)}"`;
  const lines = rows.map((row) => {
    const cells = others.map(
      (column) => markup`<td${classOf(column.numeric)}${sortKey(column, row)}>${column.cell(row)}</td>`,
    );
    return markup`<tr><th scope="row"${classOf(first.numeric)}${sortKey(first, row)}>${first.cell(row)}</th>${cells}</tr>`;
  });
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table${className === undefined ? undefined : markup` class="${className}"`}${sortable ? markup` data-sortable` : undefined}>
<thead><tr>${[first, ...others].map(heading)}</tr></thead><tbody>${lines}</tbody></table></div>`;
}

const classOf = (numeric: boolean | undefined): Markup | undefined =>
  numeric === true ? markup` class="number"` : undefined;
