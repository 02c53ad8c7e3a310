/* What is known of a score that is open, and what can be done with it. */

import { h, icon } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { originalLink } from "../media/original.js";
import { scoreFacts } from "./facts.js";


/* remove() deletes it, null for who may not; edit likewise. */
export function about(media, { remove, edit }) {
    const leaveFor = (act) => () => {
        dialog.close();
        act();
    };
    const dialog = h("dialog", { class: "dialog about",
                                 "aria-labelledby": "about-title" },
        h("form", { method: "dialog" },
          h("h2", { id: "about-title", dir: "auto" }, media.title),
          scoreFacts(media),
          h("div", { class: "about-actions" },
            originalLink(media),
            edit && h("button", { class: "button", type: "button",
                                  onclick: leaveFor(edit) },
                      icon("pen"), () => t("item.edit")),
            remove && h("button", { class: "button", type: "button",
                                    onclick: leaveFor(remove) },
                        icon("bin"), () => t("item.delete"))),
          h("div", { class: "dialog-buttons" },
            h("button", { class: "button primary", autofocus: true },
              () => t("dialog.close")))));

    dialog.addEventListener("close", () => dialog.remove());
    /* In full screen only what is below the reader is seen. */
    (document.fullscreenElement ?? document.body).append(dialog);
    dialog.showModal();
}
