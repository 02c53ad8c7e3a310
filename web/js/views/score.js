/* A score at the stand: whole pages, turned by key, pedal, tap or swipe. */

import { local } from "../lib/call.js";
import { h, icon, refresh } from "../lib/dom.js";
import { ours } from "../lib/keys.js";
import { t } from "../lib/language.js";
import * as notice from "../lib/notice.js";
import * as position from "../lib/position.js";
import { getMedia, thumbnail } from "../media/api.js";
import { scoreFiles } from "../score/files.js";
import { spread, turned } from "../score/spread.js";

const KEYS = {
    ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1,
    ArrowLeft: -1, ArrowUp: -1, PageUp: -1,
};
const SWIPE = 40;           /* px */
const TAP = 300;            /* ms after a swipe that are still part of it */
const TWO = "(min-width: 1000px) and (min-aspect-ratio: 5/4)";


export function scoreView(media, remove, { signal }) {
    const reader = {
        media, signal,
        pages: links(media),
        page: 1,
        wide: matchMedia(TWO),
        images: new Map(),  /* page -> img */
        swiped: -Infinity,  /* ms, when a swipe turned the last page */
        turn: 0,            /* counts turns: a late picture is no longer due */
    };

    draw(reader, remove);
    if (reader.pages.length === 0) {
        reader.stage.replaceChildren(h("p", { class: "stage-note" },
                                       () => t("score.no-pages")));
        return reader.element;
    }

    listen(reader);
    stayAwake(signal);
    show(reader, Math.min(position.recall(media.id) ?? 1, reader.pages.length));

    return reader.element;
}


function links(media) {
    return (media.links.pages ?? []).map(local);
}


function draw(reader, remove) {
    const { media, pages, signal } = reader;
    const icons = (key, symbol, act, extra = {}) => h("button", {
        class: "icon-button", type: "button", "aria-label": () => t(key),
        title: () => t(key), onclick: act, ...extra,
    }, icon(symbol));

    reader.sheets = h("div", { class: "sheets" });
    reader.number = h("input", {
        type: "text", inputmode: "numeric", id: "page", autocomplete: "off",
        size: String(pages.length).length + 1,
        onchange: (event) => {
            const wanted = Number.parseInt(event.target.value, 10);
            show(reader, Number.isNaN(wanted) ? reader.page : wanted);
        },
    });
    reader.thumbs = h("ol", { class: "thumbs", hidden: true,
                              "aria-label": () => t("score.thumbs") });
    reader.thumbsButton = icons("score.thumbs", "pages",
        () => toggleThumbs(reader), { "aria-expanded": "false" });
    reader.files = scoreFiles(media, (now) => renew(reader, now), signal);
    reader.filesButton = icons("score.files", "files",
        () => toggleFiles(reader), { "aria-expanded": "false",
                                     "aria-controls": "score-files" });
    reader.stage = h("div", { class: "score-stage", role: "group",
                              "aria-label": () => t("score.reader",
                                                    { title: media.title }) },
        reader.sheets,
        zone(reader, "score.previous", "back", -1),
        zone(reader, "score.next", "forward", 1));

    reader.element = h("section", { class: "reader",
                                    "aria-labelledby": "score-title" },
        h("div", { class: "reader-bar" },
          h("a", { class: "back", href: "/" }, icon("back"),
            h("span", {}, () => t("item.back"))),
          h("div", { class: "reader-title" },
            h("h1", { id: "score-title", dir: "auto" }, media.title),
            media.author ? h("p", { class: "muted" }, media.author) : null),
          h("div", { class: "reader-page" },
            h("label", { class: "visually-hidden", for: "page" },
              () => t("score.goto")),
            reader.number,
            h("span", { class: "muted" },
              () => t("score.of", { pages: reader.pages.length }))),
          h("div", { class: "reader-tools" },
            reader.thumbsButton,
            reader.filesButton,
            h("a", { class: "icon-button", href: local(media.links.original),
                     download: media.filename ?? true,
                     "aria-label": () => t("item.original"),
                     title: () => t("item.original") }, icon("download")),
            remove && icons("item.delete", "bin", remove),
            document.fullscreenEnabled
                ? icons("score.full", "expand", () => fullScreen(reader))
                : null)),
        h("div", { class: "reader-body" }, reader.thumbs, reader.stage,
          reader.files.element));
}


/* A file has been added, and perhaps it is a page. */
function renew(reader, media) {
    const before = reader.pages.length;

    reader.media = media;
    reader.files.update(media);
    reader.pages = links(media);
    if (reader.pages.length !== before) {
        reader.images.clear();
        reader.thumbs.replaceChildren();
        fillThumbs(reader);
        reader.number.size = String(reader.pages.length).length + 1;
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

    stage.addEventListener("pointerdown", (event) => {
        start = event.pointerType === "touch" ? event.clientX : null;
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

    if (event.key in KEYS) {
        event.preventDefault();
        turn(reader, event.key === " " && event.shiftKey ? -1
            : KEYS[event.key]);
    } else if (event.key === "Home" || event.key === "End") {
        event.preventDefault();
        show(reader, event.key === "Home" ? 1 : reader.pages.length);
    }
}


function turn(reader, by) {
    const { page, pages, wide } = reader;

    show(reader, turned(page, pages.length, wide.matches, by));
}


async function show(reader, page) {
    const { pages, wide, media } = reader;
    const count = pages.length;
    const now = ++reader.turn;

    reader.page = Math.max(1, Math.min(page, count));
    const open = spread(reader.page, count, wide.matches);

    position.remember(media.id, reader.page);
    reader.number.value = open.join("–");
    const [back, next] = reader.stage.querySelectorAll(".zone");
    back.setAttribute("aria-disabled", String(open[0] === 1));
    next.setAttribute("aria-disabled", String(open.at(-1) === count));
    markThumb(reader, open);
    notice.say(spoken(open, count));

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
    reader.sheets.dataset.open = images.length;
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


function toggle(element, button) {
    element.hidden = !element.hidden;
    button.setAttribute("aria-expanded", String(!element.hidden));
}


function toggleFiles({ files, filesButton }) {
    toggle(files.element, filesButton);
}


function toggleThumbs(reader) {
    const { thumbs } = reader;

    toggle(thumbs, reader.thumbsButton);
    fillThumbs(reader);
}


function fillThumbs(reader) {
    const { thumbs, pages } = reader;

    if (!thumbs.hidden && thumbs.children.length === 0) {
        thumbs.append(...pages.map((source, index) => h("li", {},
            h("button", { type: "button",
                          "aria-label": () => t("score.page", {
                              page: index + 1, pages: pages.length }),
                          onclick: () => show(reader, index + 1) },
              h("img", { src: thumbnail(source), alt: "", loading: "lazy" }),
              h("span", {}, String(index + 1))))));
    }
    markThumb(reader, spread(reader.page, pages.length, reader.wide.matches));
}


function markThumb({ thumbs }, open) {
    [...thumbs.children].forEach((item, index) => {
        const button = item.firstChild;

        if (open.includes(index + 1)) {
            button.setAttribute("aria-current", "page");
        } else {
            button.removeAttribute("aria-current");
        }
    });
    thumbs.querySelector("[aria-current]")?.scrollIntoView({
        block: "nearest", inline: "nearest" });
}


function fullScreen({ element }) {
    if (document.fullscreenElement) {
        document.exitFullscreen();
    } else {
        element.requestFullscreen?.().catch(() => {});
    }
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
