/* The texts of a film, for who may change it: brought, named, taken away. */

import { confirmDelete } from "../lib/confirm.js";
import { h, icon } from "../lib/dom.js";
import { reason, t } from "../lib/language.js";
import * as notice from "../lib/notice.js";
import { deleteAttachment, getMedia } from "../media/api.js";
import { followFile } from "../media/follow.js";
import { trackName } from "../player/base/names.js";
import { addSubtitles, changeSubtitles } from "./api.js";
import { subtitleForm } from "./subtitle_form.js";


/* changed(media) is called with the media object as it is by then. */
export function subtitlesButton(media, changed, signal) {
    return h("button", { class: "button", type: "button",
                         "aria-haspopup": "dialog",
                         onclick: () => open(media, changed, signal) },
             icon("captions"), h("span", {}, () => t("subtitles.button")));
}


function open(media, changed, signal) {
    const list = h("ul", { class: "rows" });
    const none = h("p", { class: "muted" }, () => t("subtitles.none"));
    const close = h("button", { class: "button", type: "button",
                                onclick: () => dialog.close() },
                    () => t("dialog.close"));
    const adding = subtitleForm({ add: true }, async (file, told) => {
        follow(await addSubtitles(media, file, told, signal));
        await again();
    });
    const dialog = h("dialog", { class: "dialog subtitles",
                                 "aria-labelledby": "subtitles-title" },
        h("h2", { id: "subtitles-title" }, () => t("subtitles.title")),
        none, list, h("div", {}, h("h3", {}, () => t("subtitles.add")), adding),
        h("div", { class: "dialog-buttons" }, close));
    const over = new AbortController();

    /* It takes a moment until the server has read it. */
    function follow(file) {
        followFile(file, () => {}, over.signal).then(again, () => {});
    }

    async function again() {
        Object.assign(media, await getMedia(media.id, signal));
        draw();
        changed(media);
    }

    function draw() {
        const files = media.attachments.filter(
            ({ role }) => role === "subtitles");
        /* Those from inside are the film's own: they stay. */
        const inside = media.links.subtitles.filter((text) =>
            !files.some((file) => isOf(text, file)));

        none.hidden = files.length + inside.length > 0;
        list.replaceChildren(
            ...inside.map((text, place) => h("li", { class: "row" },
                h("p", {},
                  h("span", { class: "row-name", dir: "auto" },
                    () => trackName(text, place)),
                  h("span", { class: "row-facts" },
                    () => t("subtitles.inside"))))),
            ...files.map((file, place) => row(file, place, { again, list })));
    }

    dialog.addEventListener("close", () => {
        over.abort();
        dialog.remove();
    });
    draw();
    media.attachments.filter(({ role, state }) => role === "subtitles"
        && state === "processing").forEach(follow);
    document.body.append(dialog);
    dialog.showModal();
}


/* Is it what was made of that file? It is named by its last digits. */
function isOf(text, file) {
    return text.name === `t${file.id.slice(-8)}`;
}


function row(file, place, { again, list }) {
    const named = () => trackName(file, place);
    const form = h("div", { hidden: true });
    const button = (key, symbol, act, more = {}) => h("button", {
        class: "icon-button", type: "button", onclick: act, ...more,
        "aria-label": () => t(key, { name: named() }),
        title: () => t(key, { name: named() }),
    }, icon(symbol));
    const edit = button("subtitles.edit", "pen", () => {
        form.hidden = !form.hidden;
        edit.setAttribute("aria-expanded", String(!form.hidden));
        form.querySelector("select")?.focus();
    }, { "aria-expanded": "false" });

    form.append(subtitleForm(file, async (_, told) => {
        await changeSubtitles(file, told);
        await again();
        list.querySelector(`[data-id="${file.id}"] button`)?.focus();
    }));

    return h("li", { class: "row", "data-id": file.id },
        h("p", {},
          h("span", { class: "row-name", dir: "auto" }, named),
          h("span", { class: "row-facts", dir: "auto" }, () => facts(file))),
        h("span", {}, edit,
          button("subtitles.remove", "bin",
                 () => remove(file, named(), again))), form);
}


function facts(file) {
    return [file.filename, file.encoding,
            file.state === "ready" ? null
                : file.state === "failed"
                    ? (file.error ? reason(file.error) : t("state.failed"))
                    : t("state.processing")].filter(Boolean).join(" · ");
}


async function remove(file, name, again) {
    if (!await confirmDelete(name)) {
        return;
    }
    try {
        await deleteAttachment(file);
        notice.say(t("delete.done", { title: name }));
    } catch (problem) {
        notice.tell(() => problem.text());
    }
    await again().catch(() => {});
}
