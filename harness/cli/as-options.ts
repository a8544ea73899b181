/** Fields of requests, in backticks, as the options that they are on the command line: `warmUp` is `--warm-up`. */
export const asOptions = (message: string): string =>
  message.replaceAll(/`(\w+)(: false)?`/g, (_, field: string, off?: string) => {
    const option = field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return off === undefined ? `--${option}` : `--no-${option}`;
  });
