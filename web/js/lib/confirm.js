/* The question before something is done that is not undone. */

import { h } from "./dom.js";
import { t } from "./language.js";


/* Before a title is deleted for good. */
export function confirmDelete(title) {
    return confirm({
        title: () => t("delete.title", { title }),
        lead: () => t("delete.lead"),
        yes: () => t("delete.confirm"), no: () => t("delete.cancel"),
    });
}


/* Resolves to true when the user meant it; all four are words. */
export function confirm({ title, lead, yes, no }) {
    const dialog = h("dialog", { class: "dialog", role: "alertdialog",
                                 "aria-labelledby": "confirm-title",
                                 "aria-describedby": "confirm-lead" },
        h("form", { method: "dialog" },
          h("h2", { id: "confirm-title" }, title),
          h("p", { id: "confirm-lead" }, lead),
          h("div", { class: "dialog-buttons" },
            h("button", { class: "button", value: "keep", autofocus: true },
              no),
            h("button", { class: "button danger", value: "delete" }, yes))));

    document.body.append(dialog);
    dialog.showModal();

    return new Promise((resolve) => {
        dialog.addEventListener("close", () => {
            dialog.remove();
            resolve(dialog.returnValue === "delete");
        });
    });
}
