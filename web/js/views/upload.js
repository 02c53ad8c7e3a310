/* Files are chosen or dropped here, and one sees how they come along. */

import { h, icon } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { mayShow } from "../media/media.js";
import * as queue from "../upload/queue.js";
import { ACCEPT, uploadRow } from "../upload/row.js";


export function uploadView(params, { signal }) {
    const input = h("input", {
        type: "file", id: "files", multiple: true, accept: ACCEPT,
        class: "visually-hidden",
        onchange: (event) => {
            queue.add(event.target.files);
            event.target.value = "";
        },
    });
    const rows = new Map();     /* Upload -> row */
    const list = h("ul", { class: "uploads" });
    const none = h("p", { class: "muted" }, () => t("upload.none"));

    function update() {
        const uploads = queue.uploads();

        for (const [upload, row] of rows) {
            if (!uploads.includes(upload)) {
                rows.delete(upload);
                row.element.remove();
            }
        }
        uploads.forEach((upload, place) => {
            if (!rows.has(upload)) {
                rows.set(upload, uploadRow(upload, input));
            }
            const row = rows.get(upload);
            if (list.children[place] !== row.element) {
                list.insertBefore(row.element, list.children[place] ?? null);
            }
            row.update();
        });
        none.hidden = uploads.length > 0;
        list.hidden = uploads.length === 0;
    }

    queue.onChange(update, signal);
    update();

    return {
        element: h("section", { class: "upload",
                                "aria-labelledby": "upload-title" },
            h("h1", { id: "upload-title" }, () => t("upload.title")),
            h("div", { class: "drop" }, icon("upload"),
              input,
              h("label", { class: "button primary", for: "files" },
                () => t("upload.choose")),
              h("p", { class: "drop-or" }, () => t("upload.drop")),
              h("p", { class: "muted" }, () => t("upload.kinds"))),
            mayShow() ? visibility() : null,
            h("h2", {}, () => t("upload.list")),
            none, list),
        title: () => `${t("upload.title")} – Sluice`,
    };
}


/* Nothing is shown to all unasked. */
function visibility() {
    const input = h("input", {
        type: "checkbox", id: "show-to-all", checked: queue.shownToAll(),
        onchange: () => queue.showToAll(input.checked),
    });

    return h("div", { class: "check" }, input,
             h("label", { for: "show-to-all" }, () => t("upload.show")));
}
