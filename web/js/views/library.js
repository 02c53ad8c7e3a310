/* All there is, by kind and by words. */

import { confirmDelete } from "../lib/confirm.js";
import { h, icon, refresh } from "../lib/dom.js";
import { leftAt } from "../lib/home.js";
import { t } from "../lib/language.js";
import * as notice from "../lib/notice.js";
import { rewrite } from "../lib/router.js";
import { deleteMedia, listMedia } from "../media/api.js";
import { card } from "../media/card.js";
import { follow } from "../media/follow.js";
import { ended, mayDelete } from "../media/media.js";
import * as jukebox from "../player/audio/jukebox.js";

const KINDS = ["", "video", "audio", "score"];
const PAGE = 24;
const MOST = 100;           /* the longest list one call answers */
const TYPING = 250;         /* ms of silence that end a word */
const SKELETONS = 8;

let left = null;            /* {search, count, scroll} of the last visit */


export function libraryView(params, { signal, back }) {
    const query = new URLSearchParams(location.search);
    const library = {
        signal,
        kind: KINDS.includes(query.get("kind")) ? query.get("kind") : "",
        q: query.get("q") ?? "",
        next: null,
        cards: new Map(),   /* media id -> card */
        loading: null,      /* AbortController of the list being fetched */
        problem: null,
        fresh: true,
    };
    const returning = back && left?.search === location.search ? left : null;

    leftAt(location.pathname + location.search);
    draw(library);
    load(library, returning?.count).then(() => {
        if (returning && !signal.aborted) {
            scrollTo(0, returning.scroll);
        }
    });

    /* The address is already the next view's when this one is left. */
    let search = location.search;
    library.moved = () => {
        search = location.search;
    };
    signal.addEventListener("abort", () => {
        left = { search, count: library.cards.size, scroll: scrollY };
        library.loading?.abort();
    });

    return {
        element: library.element,
        title: () => `${t("library.title")} – Sluice`,
    };
}


function draw(library) {
    const search = h("input", {
        type: "search", id: "search", name: "q", autocomplete: "off",
        placeholder: () => t("library.search"),
    });
    let timer = 0;

    search.value = library.q;
    search.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(() => narrow(library, { q: search.value.trim() }),
                           TYPING);
    });

    library.list = h("ul", { class: "grid" });
    library.count = h("p", { class: "count" }, () => counted(library));
    library.more = h("button", { class: "button more", type: "button",
                                 hidden: true,
                                 onclick: () => load(library) },
                     () => t("library.more"));
    library.rest = h("div", { class: "rest" });
    library.clear = () => {
        search.value = "";
        library.tools.querySelector("input[value='']").checked = true;
        narrow(library, { q: "", kind: "" });
        search.focus();
    };

    library.tools = h("form", { class: "tools", role: "search",
                                onsubmit: (event) => event.preventDefault() },
        h("div", { class: "search" }, icon("search"),
          h("label", { class: "visually-hidden", for: "search" },
            () => t("library.search")), search),
        h("fieldset", { class: "kinds" },
          h("legend", { class: "visually-hidden" }, () => t("library.kind")),
          KINDS.map((kind) => h("label", {},
            h("input", { type: "radio", name: "kind", value: kind,
                         checked: kind === library.kind,
                         onchange: () => narrow(library, { kind }) }),
            h("span", {}, () => t(`library.${kind || "all"}`))))));

    library.element = h("section", { class: "library",
                                     "aria-labelledby": "library-title" },
        h("div", { class: "library-head" },
          h("h1", { id: "library-title" }, () => t("library.title")),
          library.count),
        library.tools, library.list, library.rest, library.more);
}


function narrow(library, change) {
    Object.assign(library, change);

    const query = new URLSearchParams();
    for (const name of ["kind", "q"]) {
        if (library[name]) {
            query.set(name, library[name]);
        }
    }
    rewrite(query.size ? `/?${query}` : "/");
    library.moved();
    leftAt(location.pathname + location.search);
    library.fresh = true;
    return load(library);
}


async function load(library, count = PAGE) {
    const { kind, q, fresh } = library;

    library.loading?.abort();
    library.loading = new AbortController();
    const { signal } = library.loading;

    library.problem = null;
    wait(library, true);
    try {
        const answer = await listMedia({
            kind, q, cursor: fresh ? null : library.next,
            limit: Math.min(Math.max(count, PAGE), MOST),
        }, signal);
        const known = library.cards.size;

        take(library, answer, fresh);
        if (answer.items.length === 0 && answer.next) {
            await load(library, count);     /* a search that goes on */
            return;
        }
        if (!fresh) {
            library.list.children[known]?.querySelector("a").focus();
        }
        notice.say(counted(library));
    } catch (problem) {
        if (signal.aborted) {
            return;
        }
        library.problem = problem;
    }
    wait(library, false);
}


function take(library, { items, next }, fresh) {
    if (fresh) {
        library.list.replaceChildren();
        library.cards.clear();
        library.fresh = false;
    }
    library.next = next ?? null;
    /* What failed concerns those who can do something about it. */
    items.filter((media) => media.state !== "failed" || mayDelete(media))
        .forEach((media) => place(library, media));
}


function place(library, media) {
    if (library.cards.has(media.id)) {
        return;
    }

    const shown = card(media, {
        remove: (now) => drop(library, now),
        enqueue: (now) => {
            jukebox.add(now);
            notice.say(t("queue.added", { title: now.title }));
        },
    });

    library.cards.set(media.id, shown);
    library.list.append(shown.element);
    if (!ended(media)) {
        watch(library, media, shown);
    }
}


/* Only what one sees is asked after, and only as long as it is there. */
function watch(library, media, shown) {
    const stop = new AbortController();
    const observer = new IntersectionObserver(([entry]) => {
        if (entry.isIntersecting) {
            observer.disconnect();
            follow(media, (now) => {
                if (shown.element.isConnected) {
                    shown.update(now);
                } else {
                    stop.abort();
                }
            }, stop.signal).catch(() => {});
        }
    });

    observer.observe(shown.element);
    library.signal.addEventListener("abort", () => {
        observer.disconnect();
        stop.abort();
    });
}


async function drop(library, media) {
    if (!await confirmDelete(media.title)) {
        return;
    }

    try {
        await deleteMedia(media.id);
    } catch (problem) {
        if (problem.status !== 404) {
            library.problem = problem;
            rest(library);
            return;
        }
    }

    const { element } = library.cards.get(media.id);
    const near = element.nextElementSibling ?? element.previousElementSibling;

    library.cards.delete(media.id);
    element.remove();
    rest(library);
    notice.say(t("delete.done", { title: media.title }));
    (near?.querySelector("a") ?? library.element.querySelector("h1"))?.focus();
}


function wait(library, loading) {
    library.list.setAttribute("aria-busy", String(loading));
    library.element.classList.toggle("loading", loading);
    if (loading && library.cards.size === 0) {
        library.list.replaceChildren(...Array.from(
            { length: SKELETONS }, () => h("li", { class: "card skeleton",
                                                   "aria-hidden": "true" },
                h("div", { class: "picture" }), h("span", {}))));
        library.rest.replaceChildren();
    } else if (!loading) {
        rest(library);
    }
    library.more.hidden = loading || !library.next;
}


/* What stands where titles would: why there are none. */
function rest(library) {
    const { problem, cards } = library;
    const narrowed = library.q || library.kind;
    const parts = [];

    if (problem) {
        parts.push(h("h2", {}, () => t("problem.title")),
                   h("p", { role: "alert" }, () => problem.text()),
                   h("button", { class: "button", type: "button",
                                 onclick: () => load(library) },
                     () => t("problem.again")));
    } else if (cards.size === 0 && narrowed) {
        parts.push(icon("search"),
                   h("h2", {}, () => t("library.none")),
                   h("p", {}, () => t("library.none-lead")),
                   h("button", { class: "button", type: "button",
                                 onclick: library.clear },
                     () => t("library.clear")));
    } else if (cards.size === 0) {
        parts.push(icon("film"),
                   h("h2", {}, () => t("library.empty")),
                   h("p", {}, () => t("library.empty-lead")),
                   h("a", { class: "button primary", href: "/upload" },
                     icon("upload"), () => t("shell.upload")));
    }

    if (cards.size === 0) {
        library.list.replaceChildren();
    }
    library.rest.replaceChildren(...parts);
    refresh(library.count);
}


function counted(library) {
    const count = library.cards.size;

    if (library.fresh || library.next
        || (count === 0 && !library.q && !library.kind))
    {
        return "";
    }
    return t(library.q || library.kind ? "library.found" : "library.items",
             { count });
}
