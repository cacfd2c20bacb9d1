// The invitation: the command that brings in a second client, and the button that copies it.
// Rule: the button always helps. The clipboard exists only on https and on this very machine;
// elsewhere the command is selected, so that one key copies it.

import { byId } from "./basics.js";
import { ADDRESS } from "./connection.js";

async function copyCommand() {
  const command = byId("command");
  try {
    await navigator.clipboard.writeText(command.textContent);
    byId("copy").textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(command);
    byId("copy").textContent = "Selected, now copy it";
  }
}

byId("command").textContent = `msgproxy chat ${ADDRESS}`;
byId("copy").onclick = copyCommand;
