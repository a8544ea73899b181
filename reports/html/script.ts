/** The only script of the page: it lets commands be copied. Without it their buttons stay hidden. */
export const SCRIPT = `
for (const button of document.querySelectorAll('button[data-copy]')) {
  const source = button.parentElement.querySelector('code');
  const selectSource = () => getSelection().selectAllChildren(source);
  button.hidden = false;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = 'Copied';
    } catch {
      selectSource();
      button.textContent = document.execCommand('copy') ? 'Copied' : 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });
}
`;
