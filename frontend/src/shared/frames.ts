/** Shows that the focus went into a message's frame, which no selector sees: its links are reached with Tab, too. */

export function startFrames(): void {
  let byKey = false;
  document.addEventListener("keydown", () => (byKey = true), true);
  document.addEventListener("pointerdown", () => (byKey = false), true);
  const look = () => {
    for (const frame of document.querySelectorAll("iframe.has-focus")) frame.classList.remove("has-focus");
    if (byKey && document.activeElement instanceof HTMLIFrameElement) document.activeElement.classList.add("has-focus");
  };
  for (const event of ["blur", "focus"]) window.addEventListener(event, look);
}
