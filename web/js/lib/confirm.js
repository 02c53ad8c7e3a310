/* The question before something is deleted for good. */

import { h } from "./dom.js";
import { t } from "./language.js";


/* Resolves to true when the user meant it. */
export function confirmDelete(title) {
    const dialog = h("dialog", { class: "dialog", role: "alertdialog",
                                 "aria-labelledby": "confirm-title",
                                 "aria-describedby": "confirm-lead" },
        h("form", { method: "dialog" },
          h("h2", { id: "confirm-title" }, () => t("delete.title", { title })),
          h("p", { id: "confirm-lead" }, () => t("delete.lead")),
          h("div", { class: "dialog-buttons" },
            h("button", { class: "button", value: "keep", autofocus: true },
              () => t("delete.cancel")),
            h("button", { class: "button danger", value: "delete" },
              () => t("delete.confirm")))));

    document.body.append(dialog);
    dialog.showModal();

    return new Promise((resolve) => {
        dialog.addEventListener("close", () => {
            dialog.remove();
            resolve(dialog.returnValue === "delete");
        });
    });
}
