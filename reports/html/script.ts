/** The only script of the page: it lets commands be copied. Without it their buttons stay hidden. */
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
`;
