/* One title: being made, failed, or ready to watch or to read. */

import { confirmDelete } from "../lib/confirm.js";
import { h, icon, refresh } from "../lib/dom.js";
import { reason, t } from "../lib/language.js";
import { home, homeLink } from "../lib/home.js";
import * as notice from "../lib/notice.js";
import { navigate, rewrite } from "../lib/router.js";
import { deleteMedia, getMedia, retryJob } from "../media/api.js";
import { editMedia } from "../media/edit.js";
import { follow } from "../media/follow.js";
import { ended, mayDelete, path, progress, stage } from "../media/media.js";
import { listenView } from "./listen.js";
import { musicView } from "./music.js";
import { scoreView } from "./score.js";
import { watchView } from "./watch.js";


export function itemView({ id }, context) {
    const element = h("div", { class: "item" },
        h("h1", { class: "visually-hidden" }, () => t("item.loading")),
        h("p", { class: "loading-note", "aria-hidden": "true" },
          () => t("item.loading")));

    open(id, element, context);

    return {
        element,
        title: () => `${t("item.loading")} – Sluice`,
    };
}


async function open(id, element, context) {
    const { signal, retitle } = context;

    try {
        let media = await getMedia(id, signal);

        retitle(() => `${media.title} – Sluice`);
        if (!ended(media)) {
            media = await prepare(media, element, signal);
        }
        if (location.pathname !== path(media)) {
            rewrite(path(media));
        }
        retitle(() => `${media.title} – Sluice`);
        enter(media, element, context);
    } catch (problem) {
        if (!signal.aborted && problem.status !== 401) {
            refuse(problem, element, () => open(id, element, context));
        }
    }
}


function enter(media, element, context) {
    const may = mayDelete(media);
    /* A score without pages is shown as what is known of it. */
    const plain = media.kind === "score" && !(media.links.pages?.length > 0);
    const remove = may ? () => drop(media) : null;
    const edit = may ? () => editMedia(media, (now) => {
        Object.assign(media, now);
        context.retitle(() => `${media.title} – Sluice`);
        if (plain) {
            enter(media, element, context);
        } else {
            refresh(element);
        }
    }) : null;
    const actions = { remove, edit };

    if (media.state === "failed") {
        const again = async () => {
            await retryJob(media.job.id).catch(() => {});
            open(media.id, element, context);
        };

        put(element, note("alert", media.title,
            h("h2", {}, () => t("item.failed")),
            h("p", {}, () => (media.error ? reason(media.error) : "")),
            remove && media.job
                && h("button", { class: "button", type: "button",
                                 onclick: again }, () => t("upload.again")),
            remove && h("button", { class: "button danger", type: "button",
                                    onclick: remove },
                        () => t("item.delete"))));
        return;
    }

    put(element, media.kind === "video" ? watchView(media, actions, context)
        : media.kind === "audio" ? listenView(media, actions, context)
        : plain ? musicView(media, actions,
                            (now) => enter(now, element, context), context)
        : scoreView(media, actions, context));
}


async function prepare(media, element, signal) {
    const bar = h("progress", { class: "share", max: 100,
                                "aria-label": () => t("upload.progress",
                                    { name: media.title }) });
    const text = h("p", {}, () => stage(media));

    function update(now) {
        media = now;
        const share = progress(media);
        if (share === null) {
            bar.removeAttribute("value");
        } else {
            bar.value = share;
        }
        refresh(text);
    }

    put(element, note("film", media.title, text, bar,
        h("p", { class: "muted" }, () => t("item.processing-lead"))));
    update(media);

    return follow(media, update, signal);
}


function refuse(problem, element, again) {
    const missing = problem.status === 404;

    put(element, note("alert",
        () => t(missing ? "item.missing" : "problem.title"),
        h("p", {}, () => (missing ? t("item.missing-lead") : problem.text())),
        missing ? null : h("button", { class: "button", type: "button",
                                       onclick: again },
                           () => t("problem.again"))));
}


async function drop(media) {
    if (!await confirmDelete(media.title)) {
        return;
    }

    try {
        await deleteMedia(media.id);
    } catch (problem) {
        if (problem.status !== 404) {
            notice.tell(() => problem.text());
            return;
        }
    }
    navigate(home(), { replace: true });
    notice.say(t("delete.done", { title: media.title }));
}


/* A few words in the middle of the page. */
function note(symbol, title, ...children) {
    return h("section", { class: "note" },
        homeLink(),
        h("div", { class: "rest" }, icon(symbol), h("h1", {}, title),
          ...children));
}


/* The heading that had the focus hands it on to its successor. */
function put(element, content) {
    const held = element.contains(document.activeElement);

    element.replaceChildren(content);
    if (held) {
        const heading = element.querySelector("h1");
        heading?.setAttribute("tabindex", "-1");
        heading?.focus({ preventScroll: true });
    }
}
