/* One file of a score in its list: what it is, and what can be done with it. */

import { local } from "../lib/call.js";
import { confirmDelete } from "../lib/confirm.js";
import { h, icon } from "../lib/dom.js";
import { bytes, clock, reason, t } from "../lib/language.js";
import * as notice from "../lib/notice.js";
import { deleteAttachment, moveAttachment } from "../media/api.js";

const PLAYED = ["audio", "video"];


/*
 * score: {may, media(), changed(), home}: whether the user may change it, the
 * score as it is, what gets it anew, and what takes the focus of what goes.
 */
export function fileItem(file, key, score) {
    const source = local(file.links.original);
    const now = () => score.media().attachments
        .find(({ id }) => id === file.id) ?? file;

    return h("li", { class: "file", "data-key": key,
                     "data-state": file.state },
        h("p", { class: "file-name", dir: "auto" }, () => now().filename),
        h("p", { class: "file-facts" }, () => facts(now(), score.media())),
        source && h("a", { class: "icon-button", href: source,
                           download: file.filename,
                           "aria-label": () => t("score.download", {
                               name: file.filename }) }, icon("download")),
        source && PLAYED.includes(file.kind)
            ? h(file.kind, { src: source, controls: true, preload: "none",
                             "aria-label": file.filename }) : null,
        score.may ? actions(file, score) : null);
}


/* "Audio · MP3 · 3:12 · 4.1 MB" */
function facts(file, media) {
    if (file.state !== "ready") {
        return file.state !== "failed" ? t("state.processing")
            : file.error ? reason(file.error) : t("state.failed");
    }

    return [
        file.role === "page" ? t("score.file-page", {
            page: pageNumber(file, media) }) : t(`kind.${file.kind}`),
        file.format,
        file.duration ? clock(file.duration) : null,
        bytes(file.bytes),
    ].filter(Boolean).join(" · ");
}


/* Which page of the score it is by now: places between may be free. */
function pageNumber(file, { attachments, pages }) {
    const added = attachments.filter(({ role, state }) => role === "page"
        && state === "ready");

    return pages - added.length + added.findIndex(({ id }) => id === file.id)
        + 1;
}


/* Those among which it has its place, in their order. A page that failed has
   none. */
function neighbours(file, { attachments }) {
    return attachments.filter(({ role, state }) => role === file.role
        && (role !== "page" || state !== "failed"));
}


function actions(file, score) {
    const named = { name: file.filename };
    const place = () => neighbours(file, score.media())
        .findIndex(({ id }) => id === file.id);
    const last = () => neighbours(file, score.media()).length - 1;
    const button = (key, symbol, act, extra = {}) => h("button", {
        class: "icon-button", type: "button",
        "aria-label": () => t(key, named), title: () => t(key, named),
        onclick: act, ...extra,
    }, icon(symbol));
    const stays = (is) => ({ "aria-disabled": () => String(is()) });

    return h("div", { class: "file-actions" },
        button("score.up", "up", (event) => move(file, -1, score, event),
               stays(() => place() <= 0)),
        button("score.down", "down", (event) => move(file, 1, score, event),
               stays(() => place() === -1 || place() === last())),
        button("score.remove", "bin", () => remove(file, score)));
}


async function move(file, by, score, { currentTarget: button }) {
    const order = neighbours(file, score.media());
    const at = order.findIndex(({ id }) => id === file.id);
    const other = order[at + by];

    if (at === -1 || !other) {
        return;
    }

    try {
        /* files in the list are counted through, pages may leave places free */
        await moveAttachment(file, file.role === "page" ? other.position
            : at + by + 1);
        await score.changed();
        button.focus();
        notice.say(t("score.moved", { name: file.filename,
                                      place: at + by + 1 }));
    } catch (problem) {
        failed(problem, score);
    }
}


async function remove(file, score) {
    if (!await confirmDelete(file.filename)) {
        return;
    }

    try {
        await deleteAttachment(file);
        await score.changed();
        score.home.focus();
        notice.say(t("delete.done", { title: file.filename }));
    } catch (problem) {
        failed(problem, score);
    }
}


/* What somebody else removed is gone from the list, too. */
function failed(problem, score) {
    if (problem.name === "AbortError") {
        return;
    }
    notice.tell(() => problem.text());
    if (problem.status === 404) {
        score.changed().catch(() => {});
    }
}
