/* A score at the stand: whole pages, turned by key, pedal, tap or swipe. */

import { avatar } from "../lib/avatar.js";
import { local } from "../lib/call.js";
import { h, icon, refresh } from "../lib/dom.js";
import { homeLink } from "../lib/home.js";
import { ours } from "../lib/keys.js";
import { t } from "../lib/language.js";
import * as notice from "../lib/notice.js";
import * as position from "../lib/position.js";
import { getMedia } from "../media/api.js";
import { about } from "../score/about.js";
import { scoreFiles } from "../score/files.js";
import { keepFull, toggleFull } from "../score/full.js";
import { halfTurned, spread, turned } from "../score/spread.js";
import { scoreThumbs } from "../score/thumbs.js";
import { scoreZoom } from "../score/zoom.js";

const KEYS = {
    ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1,
    ArrowLeft: -1, ArrowUp: -1, PageUp: -1,
};
const ZOOMS = { "+": 1, "=": 1, "-": -1, 0: 0 };
const SWIPE = 40;           /* px */
const TAP = 300;            /* ms after a swipe that are still part of it */
const PAPER = 210 / 297;    /* A4, until a page is there */
const HALVES = "sluice.half-pages";
const TWO = "(min-width: 1000px) and (min-aspect-ratio: 5/4)";


export function scoreView(media, actions, { signal }) {
    const reader = {
        media, signal,
        pages: links(media),
        page: 1,
        half: false,        /* is the next page's upper half above this one? */
        wide: matchMedia(TWO),
        images: new Map(),  /* page -> img */
        swiped: -Infinity,  /* ms, when a swipe turned the last page */
        turn: 0,            /* counts turns: a late picture is no longer due */
    };

    draw(reader, actions);
    reader.thumbs.fill(reader.pages, PAPER);
    listen(reader);
    stayAwake(signal);
    show(reader, Math.min(position.recall(media.id) ?? 1, reader.pages.length));

    return reader.element;
}


function links(media) {
    return (media.links.pages ?? []).map(local);
}


/* What a link leads to, whoever signed it and when. */
function file(link) {
    return link.split("?")[0];
}


function draw(reader, actions) {
    const { media, signal } = reader;
    const icons = (key, symbol, act, extra = {}) => h("button", {
        class: "icon-button", type: "button", "aria-label": () => t(key),
        title: () => t(key), onclick: act, ...extra,
    }, icon(symbol));

    reader.sheets = h("div", { class: "sheets" });
    reader.frame = h("div", { class: "score-frame" }, reader.sheets);
    reader.zoom = scoreZoom(reader.frame);
    reader.number = h("input", {
        type: "text", inputmode: "numeric", id: "page", autocomplete: "off",
        onchange: (event) => {
            const wanted = Number.parseInt(event.target.value, 10);
            show(reader, Number.isNaN(wanted) ? reader.page : wanted);
        },
    });
    reader.thumbs = scoreThumbs((page) => show(reader, page));
    reader.thumbsButton = icons("score.thumbs", "pages", () => {
        reader.thumbs.toggle();
        reader.thumbsButton.setAttribute(
            "aria-expanded", String(!reader.thumbs.element.hidden));
    }, { "aria-expanded": "false" });
    reader.files = scoreFiles(media, (now) => renew(reader, now), signal);
    reader.filesButton = icons("score.files", "files",
        () => toggleFiles(reader), { "aria-expanded": "false",
                                     "aria-controls": "score-files" });
    reader.fullButton = document.fullscreenEnabled
        ? icons("score.full", "expand", () => toggleFull(reader.element))
        : null;
    reader.stage = h("div", { class: "score-stage", role: "group",
                              "aria-label": () => t("score.reader",
                                                    { title: media.title }) },
        reader.frame,
        zone(reader, "score.previous", "back", -1),
        zone(reader, "score.next", "forward", 1));

    reader.element = h("section", { class: "reader",
                                    "aria-labelledby": "score-title" },
        bar(reader, icons, actions),
        h("div", { class: "reader-body" }, reader.thumbs.element, reader.stage,
          reader.files.element));
    size(reader);
}


function bar(reader, icons, actions) {
    return h("div", { class: "reader-bar" },
        homeLink(),
        h("div", { class: "reader-title" },
          h("h1", { id: "score-title", dir: "auto" },
            () => reader.media.title),
          h("p", { class: "muted" }, () => reader.media.author ?? "")),
        avatar(),
        h("div", { class: "reader-page" },
          h("label", { class: "visually-hidden", for: "page" },
            () => t("score.goto")),
          reader.number,
          h("span", { class: "muted" },
            () => t("score.of", { pages: reader.pages.length }))),
        h("div", { class: "reader-tools" },
          reader.thumbsButton,
          reader.filesButton,
          icons("score.smaller", "smaller", () => reader.zoom.zoom(-1),
                { class: "icon-button zoom" }),
          icons("score.larger", "larger", () => reader.zoom.zoom(1),
                { class: "icon-button zoom" }),
          icons("score.halves", "halves", (event) => halve(reader, event),
                { class: "icon-button halves",
                  "aria-pressed": () => String(halves()) }),
          icons("score.about", "about", () => about(reader.media, actions),
                { "aria-haspopup": "dialog" }),
          reader.fullButton));
}


/* A field that has room for a spread of the last pages. */
function size({ number, pages }) {
    const digits = String(pages.length).length;

    number.style.setProperty("--letters", 2 * digits + 1);
}


function halves() {
    return localStorage.getItem(HALVES) === "on";
}


function halve(reader, event) {
    localStorage.setItem(HALVES, halves() ? "off" : "on");
    refresh(event.currentTarget);
    show(reader, reader.page);
}


/* Files have come, gone or changed places, and perhaps they are pages. */
function renew(reader, media) {
    const before = reader.pages.map(file);

    Object.assign(reader.media, media);
    reader.files.update(media);
    reader.pages = links(media);
    if (reader.pages.map(file).join() !== before.join()) {
        reader.images.clear();
        reader.thumbs.fill(reader.pages, PAPER);
        size(reader);
        refresh(reader.element);
        show(reader, reader.page);
    }
}


function zone(reader, key, symbol, by) {
    return h("button", { class: `zone zone-${symbol}`, type: "button",
                         "aria-label": () => t(key),
                         onclick: (event) => {
                             /* A swipe may end as a click on the zone below. */
                             if (event.timeStamp - reader.swiped > TAP) {
                                 turn(reader, by);
                             }
                         } }, icon(symbol));
}


function listen(reader) {
    const { signal, stage, wide } = reader;
    let start = null;       /* where a finger came down */

    document.addEventListener("keydown", (event) => key(reader, event),
                              { signal });
    wide.addEventListener("change", () => show(reader, reader.page),
                          { signal });
    keepFull(reader.element, stage, reader.fullButton, signal);

    stage.addEventListener("pointerdown", (event) => {
        start = event.pointerType === "touch" && !reader.zoom.larger
            ? event.clientX : null;
    });
    stage.addEventListener("pointerup", (event) => {
        const moved = start === null ? 0 : event.clientX - start;

        start = null;
        if (Math.abs(moved) > SWIPE) {
            reader.swiped = event.timeStamp;
            turn(reader, moved < 0 ? 1 : -1);
        }
    });
}


function key(reader, event) {
    /* what plays beside the pages has keys of its own */
    if (!ours(event) || event.target.closest("audio, video")) {
        return;
    }

    if (reader.zoom.moved(event)) {
        event.preventDefault();
    } else if (event.key in ZOOMS) {
        reader.zoom.zoom(ZOOMS[event.key]);
    } else if (event.key in KEYS) {
        event.preventDefault();
        turn(reader, event.key === " " && event.shiftKey ? -1
            : KEYS[event.key]);
    } else if (event.key === "Home" || event.key === "End") {
        event.preventDefault();
        show(reader, event.key === "Home" ? 1 : reader.pages.length);
    }
}


function turn(reader, by) {
    const { page, half, pages, wide } = reader;

    if (halves() && !wide.matches) {
        const to = halfTurned({ page, half }, pages.length, by);
        show(reader, to.page, to.half);
    } else {
        show(reader, turned(page, pages.length, wide.matches, by));
    }
}


async function show(reader, page, half = false) {
    const { pages, wide, media } = reader;
    const count = pages.length;
    const now = ++reader.turn;

    reader.page = Math.max(1, Math.min(page, count));
    reader.half = half && reader.page < count;
    const open = reader.half ? [reader.page, reader.page + 1]
        : spread(reader.page, count, wide.matches);

    position.remember(media.id, reader.page);
    reader.number.value = open.join("–");
    const [back, next] = reader.stage.querySelectorAll(".zone");
    back.setAttribute("aria-disabled", String(open[0] === 1 && !reader.half));
    next.setAttribute("aria-disabled", String(open.at(-1) === count
                                              && !reader.half));
    reader.thumbs.mark(open);
    notice.say(reader.half
        ? t("score.half", { page: open[0], other: open[1] })
        : spoken(open, count));

    reader.stage.classList.add("turning");
    try {
        const images = open.map((one) => image(reader, one));
        await Promise.all(images.map((one) => one.decode()));
        if (now === reader.turn) {
            lay(reader, images);
        }
    } catch {
        if (now === reader.turn && !reader.signal.aborted) {
            await broken(reader);
        }
    }
    if (now === reader.turn) {
        reader.stage.classList.remove("turning");
    }

    for (const near of [open.at(-1) + 1, open.at(-1) + 2, open[0] - 1,
                        open[0] - 2]) {
        if (near >= 1 && near <= count && near <= open.at(-1) + open.length
            && near >= open[0] - open.length)
        {
            image(reader, near);
        }
    }
}


function lay(reader, images) {
    reader.sheets.replaceChildren(...images);
    reader.sheets.dataset.open = reader.half ? "half" : images.length;
    reader.zoom.toTop();
    if (!reader.measured) {
        reader.measured = true;
        reader.thumbs.fill(reader.pages, images[0].naturalWidth
                                         / images[0].naturalHeight);
    }
    reader.renewed = false;
    relabel(reader);
}


/* Perhaps only the links have ended: once, ask for new ones. */
async function broken(reader) {
    reader.images.clear();
    if (!reader.renewed) {
        reader.renewed = true;
        try {
            reader.pages = links(await getMedia(reader.media.id,
                                                reader.signal));
            await show(reader, reader.page);
            return;
        } catch {
            if (reader.signal.aborted) {
                return;
            }
        }
    }

    reader.renewed = false;
    reader.sheets.dataset.open = 1;
    reader.sheets.replaceChildren(h("div", { class: "stage-note" },
        h("p", { role: "alert" }, () => t("score.broken")),
        h("button", { class: "button", type: "button",
                      onclick: () => show(reader, reader.page) },
          () => t("problem.again"))));
}


function image(reader, page) {
    if (!reader.images.has(page)) {
        const img = h("img", { draggable: "false",
                               alt: () => t("score.page", {
                                   page, pages: reader.pages.length }) });

        img.src = reader.pages[page - 1];
        reader.images.set(page, img);
    }
    return reader.images.get(page);
}


function relabel(reader) {
    for (const img of reader.images.values()) {
        refresh(img);
    }
}


function spoken([page, other], pages) {
    return other ? t("score.spread", { page, other, pages })
        : t("score.page", { page, pages });
}


function toggleFiles({ files: { element }, filesButton }) {
    element.hidden = !element.hidden;
    filesButton.setAttribute("aria-expanded", String(!element.hidden));
}


/* A tablet at the stand is not touched for minutes and must stay lit. */
function stayAwake(signal) {
    let lock = null;

    async function ask() {
        if (document.hidden || signal.aborted) {
            return;
        }
        lock = await navigator.wakeLock?.request("screen").catch(() => null);
        if (signal.aborted) {
            lock?.release();
        }
    }

    ask();
    document.addEventListener("visibilitychange", ask, { signal });
    signal.addEventListener("abort", () => lock?.release());
}
