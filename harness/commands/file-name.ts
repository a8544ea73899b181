/** Names of locks may hold what names of files may not. */
export const fileName = (name: string): string => name.replaceAll(/[^\w.-]/g, '-');
