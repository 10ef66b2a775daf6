/** Deleting for ever is asked about first. */

export async function confirmErasing(): Promise<boolean> {
  const dialog = document.getElementById("erase-dialog");
  if (!(dialog instanceof HTMLDialogElement)) return false;
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  return dialog.returnValue === "erase";
}
