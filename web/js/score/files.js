/* What belongs to a score besides its pages: listed, heard, and added to. */

import { h, icon, refresh } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { getMedia } from "../media/api.js";
import { followFile } from "../media/follow.js";
import { mayDelete } from "../media/media.js";
import * as queue from "../upload/queue.js";
import { ACCEPT, uploadRow } from "../upload/row.js";
import { fileItem } from "./file.js";


/*
 * The list of a score, to be shown and hidden. Answers {element, update};
 * changed(media) is called with the score when a file has been added to it.
 */
export function scoreFiles(media, changed, signal) {
    const list = h("ul", { class: "files-list" });
    const none = h("p", { class: "muted" }, () => t("score.files-none"));
    const input = h("input", {
        type: "file", id: "score-file", multiple: true, accept: ACCEPT,
        class: "visually-hidden",
        onchange: (event) => {
            queue.add(event.target.files, { score: media.id,
                                            role: page.checked ? "page"
                                                : "attachment" });
            event.target.value = "";
        },
    });
    const page = h("input", { type: "checkbox", id: "score-as-page" });
    const moving = h("ul", { class: "uploads" });
    const rows = new Map();     /* Upload -> row */
    const score = {
        may: mayDelete(media),
        media: () => media,
        home: input,
        changed: async () => changed(await getMedia(media.id, signal)),
    };

    /* What plays goes on: an item that is in its place is not touched. */
    function update(to) {
        media = to;
        const old = new Map([...list.children].map(
            (item) => [item.dataset.key, item]));
        const items = media.attachments
            .filter(({ state }) => state !== "processing" || rows.size === 0)
            .map((file) => {
                const key = `${file.id} ${file.state}`;
                return old.get(key) ?? fileItem(file, key, score);
            });

        old.forEach((item) => items.includes(item) || item.remove());
        items.forEach((item, place) => {
            if (list.children[place] !== item) {
                list.insertBefore(item, list.children[place] ?? null);
            }
        });
        none.hidden = items.length > 0 || rows.size > 0;
        refresh(list);
    }

    function move() {
        const mine = queue.uploads().filter(
            ({ part }) => part?.score === media.id);

        for (const upload of mine) {
            if (!rows.has(upload) && !listed(upload)) {
                rows.set(upload, uploadRow(upload, input));
                moving.append(rows.get(upload).element);
            }
        }
        for (const [upload, row] of rows) {
            if (mine.includes(upload) && !listed(upload)) {
                row.update();
            } else {
                rows.delete(upload);
                row.element.remove();
            }
        }
        moving.hidden = rows.size === 0;
        none.hidden = list.children.length > 0 || rows.size > 0;
    }

    async function look() {
        move();
        const fresh = queue.uploads().filter((upload) =>
            upload.part?.score === media.id && listed(upload) && !upload.seen);

        if (fresh.length > 0) {
            fresh.forEach((upload) => { upload.seen = true; });
            changed(await getMedia(media.id, signal));
        }
    }

    queue.onChange(() => look().catch(() => {}), signal);
    move();
    update(media);
    media.attachments.filter(({ state }) => state === "processing")
        .forEach((file) => followFile(file, () => {}, signal)
            .then(changed, () => {}));

    return {
        update,
        element: h("aside", { class: "files", id: "score-files", hidden: true,
                              "aria-labelledby": "files-title" },
            h("h2", { id: "files-title" }, () => t("score.files")),
            none, list, moving,
            mayDelete(media) ? add(media, input, page) : null),
    };
}


/* The server has told what became of it: it is in the list. */
function listed(upload) {
    return upload.done && upload.media !== null
        && upload.state !== "duplicate";
}


function add(media, input, page) {
    /* A score that is one picture has a size, and takes further pages. */
    const picture = media.width !== null;

    return h("div", { class: "files-add" },
        picture ? h("div", { class: "check" }, page,
                    h("label", { for: "score-as-page" },
                      () => t("score.add-page"))) : null,
        input,
        h("label", { class: "button wide", for: "score-file" },
          icon("upload"), h("span", {}, () => t("score.add"))),
        h("p", { class: "muted" }, () => t("score.add-kinds")));
}

