/** Configuration files of servers in containers. */

/**
 * Arguments for `sh` that write the files into the folder, at every start, for it may have been emptied, and then become
 * the command.
 */
export function afterWriting(
  folder: string,
  files: Readonly<Record<string, string>>,
  command: readonly string[],
): string[] {
  const names = Object.keys(files);
  const writes = names.map((name, index) => `printf %s "$${index + 1}" > ${folder}/${name}`);
  const script = [`mkdir -p ${folder}`, ...writes, `shift ${names.length}`, 'exec "$@"'].join(' && ');
  return ['-c', script, 'sh', ...Object.values(files), ...command];
}
