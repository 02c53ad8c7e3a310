/* Into the clipboard. */

import { h, refresh } from "../lib/dom.js";
import { t } from "../lib/language.js";


/* text() is what is copied; label() what stands on the button until then. */
export function copyButton(text, label) {
    let copied = null;          /* did it work? */
    const said = () => (copied === null ? ""
        : t(copied ? "copy.done" : "copy.failed"));
    const element = h("div", { class: "copy" },
        h("button", { class: "button", type: "button", onclick: async () => {
            copied = await copy(text());
            refresh(element);
        } }, label),
        h("span", { role: "status" }, said));

    return element;
}


/* Over plain http there is no clipboard for pages, but the old way. */
async function copy(text) {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        return copyOld(text);
    }
}


function copyOld(text) {
    const before = document.activeElement;
    const box = h("textarea", { class: "visually-hidden", readonly: true });

    box.value = text;
    document.body.append(box);
    box.select();
    try {
        return document.execCommand("copy");
    } finally {
        box.remove();
        before?.focus();
    }
}
