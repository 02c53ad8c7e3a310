/* A title in the library: its picture, its name, what there is to say. */

import { local } from "../lib/call.js";
import { h, icon, refresh } from "../lib/dom.js";
import { reason, t } from "../lib/language.js";
import { thumbnail } from "./api.js";
import { facts, mayDelete, path, progress, stage } from "./media.js";

const SYMBOL = { video: "film", audio: "audio", score: "score" };


/* Answers {element, update(media)}; remove(media) and, of what is listened to,
   enqueue(media) are called by its buttons. */
export function card(media, { remove, enqueue }) {
    const picture = h("div", { class: "picture" });
    const element = h("li", { class: "card" });
    let drawn = null;

    element.append(
        h("a", { class: "card-link", href: () => path(media) },
          picture,
          h("span", { class: "card-title", dir: "auto" }, () => media.title),
          h("span", { class: "card-facts" },
            h("span", { class: "visually-hidden" },
              () => `, ${t(`kind.${media.kind}`)}, `),
            () => facts(media) || t(`kind.${media.kind}`)),
          h("span", { class: "card-state" },
            h("span", { class: "visually-hidden" },
              () => (media.state === "ready" ? "" : ", ")),
            () => status(media))),
        media.kind === "audio"
            ? button("card-queue", "queue", "queue.add-name", enqueue, {
                hidden: () => media.state !== "ready" }) : "",
        mayDelete(media)
            ? button("card-delete", "bin", "library.delete", remove) : "");

    function button(name, symbol, key, act, more = {}) {
        return h("button", {
            class: `icon-button ${name}`, type: "button",
            "aria-label": () => t(key, { title: media.title }),
            onclick: () => act(media), ...more,
        }, icon(symbol));
    }

    function update(to) {
        media = to;
        element.dataset.state = media.state;
        element.dataset.kind = media.kind;

        const key = `${media.state} ${media.kind}`;
        if (drawn !== key) {
            drawn = key;
            picture.replaceChildren(...draw(media));
        }
        const share = progress(media) ?? 0;
        picture.style.setProperty("--share", `${share}%`);
        refresh(element);
    }

    update(media);

    return { element, update };
}


function status(media) {
    if (media.state === "ready") {
        return "";
    }
    return media.state === "failed"
        ? (media.error ? reason(media.error) : t("state.failed"))
        : stage(media);
}


function draw(media) {
    const symbol = media.state === "failed" ? "alert" : SYMBOL[media.kind];
    const parts = [icon(symbol)];
    const source = media.state === "ready" ? poster(media) : null;

    if (source) {
        parts.push(h("img", {
            src: source, alt: "", loading: "lazy", decoding: "async",
            onload: (event) => event.target.classList.add("drawn"),
            /* A link that ended, a file that went: the symbol stays. */
            onerror: (event) => event.target.remove(),
        }));
    }
    if (media.state === "processing") {
        parts.push(h("span", { class: "picture-share" }));
    }

    return parts;
}


function poster({ links }) {
    if (links?.poster ?? links?.cover) {
        return local(links.poster ?? links.cover);
    }
    return links?.pages?.length ? thumbnail(local(links.pages[0])) : null;
}
