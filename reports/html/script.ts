/**
 * The only script of the page: it lets commands be copied and tables be sorted. Without it there are no buttons for that, and
 * nothing is missing.
 */
export const SCRIPT = `
for (const button of document.querySelectorAll('button[data-copy]')) {
  const source = button.parentElement.querySelector('code');
  const name = button.getAttribute('aria-label');
  const say = (text, label) => { button.textContent = text; button.setAttribute('aria-label', label); };
  button.hidden = false;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      say('Copied', 'Copied');
    } catch {
      getSelection().selectAllChildren(source);
      const copied = document.execCommand('copy');
      say(copied ? 'Copied' : 'Selected', copied ? 'Copied' : 'The command is selected');
    }
    setTimeout(() => say('Copy', name), 2000);
  });
}
for (const table of document.querySelectorAll('table[data-sortable]')) {
  const body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'sort';
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener('click', () => {
      const descending = heading.getAttribute('aria-sort') === 'ascending';
      for (const other of headings) other.removeAttribute('aria-sort');
      heading.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      const key = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent;
      const compare = (a, b) => a !== '' && b !== '' && !isNaN(a) && !isNaN(b) ? a - b : a.localeCompare(b);
      const rows = [...body.rows].sort((a, b) => {
        const [one, other] = [key(a), key(b)];
        // What was not measured comes last, whichever way.
        if (one === '' || other === '') return (one === '') - (other === '');
        return descending ? compare(other, one) : compare(one, other);
      });
      body.append(...rows);
    });
  });
}
`;
