/* A film that plays: where its bytes come from, and what there is of it. */

import { bare, local } from "../../lib/call.js";
import { h } from "../../lib/dom.js";
import { t } from "../../lib/language.js";
import { chapters } from "../base/chapters.js";
import { choices } from "../base/choices.js";
import { attach, playWhenReady } from "../base/engine.js";
import { captions } from "./captions.js";
import { sounds } from "./settings.js";
import { storyboard } from "./storyboard.js";


/*
 * fresh() resolves to the media object with links that are good; changed() is
 * called when there is something else to choose from. Answers a player:
 * {element, engine, texts, media(), length(), go(at), parts(), tile(at),
 *  problem, start(), update(media)}; update() takes what has been made
 * meanwhile, and who watches sees nothing of it.
 */
export function film(media, { fresh, changed }, signal) {
    const element = h("video", {
        preload: "metadata", playsinline: true,
        poster: local(media.links.poster), "aria-label": () => media.title,
    });
    const problem = h("div", { class: "player-problem", role: "alert" });
    let board = null;
    let parts = null;
    let wanted = true;      /* is the quality of before still to be chosen? */
    let plays = null;       /* the master playlist that is played */

    const player = {
        element, problem, start, update, changed: tell,
        media: () => media,
        length: () => (Number.isFinite(element.duration) ? element.duration
            : media.duration ?? 0),
        parts: () => parts,
        tile: (at) => board?.(at) ?? null,
        go: (at) => {
            element.currentTime = at;
        },
    };

    player.texts = captions(element, {
        changed: tell, fresh: renewed,
        spoken: () => sounds(player).find(
            ({ id }) => id === player.engine.driver.sound())?.language,
    });

    function tell() {
        recall();
        if (player.engine) {
            player.texts.apply();
            changed();
        }
    }

    /* A link lives for a while; whoever pauses longer needs a new one. */
    async function renewed() {
        return Object.assign(media, await fresh());
    }

    function start(again = false) {
        player.engine?.stop();
        problem.replaceChildren();
        player.engine = attach(element, {
            failed, changed: tell,
            url: async (renew) => {
                const { play } = (renew ? await renewed() : media).links;

                plays = bare(play);
                wanted = true;
                return local(play);
            },
        });
        if (again) {
            playWhenReady(element);
        }
    }

    function failed(key) {
        problem.replaceChildren(
            h("p", {}, () => t("watch.broken", { reason: t(key) })),
            h("button", { class: "button", type: "button", onclick: retry },
              () => t("watch.retry")));
    }

    async function retry() {
        const at = player.engine.driver.at?.() ?? element.currentTime;

        try {
            await renewed();
        } catch (trouble) {
            failed(trouble.status === 404 ? "watch.gone" : "watch.offline");
            return;
        }
        start(true);
        element.addEventListener("loadedmetadata", () => player.go(at),
                                 { once: true, signal });
    }

    function shape() {
        parts = media.chapters?.length > 0
            ? chapters(media.chapters, element, player.go) : null;
        if (bare(media.links.poster) !== bare(element.poster)) {
            element.poster = local(media.links.poster);
        }
        if (media.links.storyboard) {
            board ??= storyboard(media.links.storyboard, signal);
        }
        player.texts.update(media);
    }

    /* The quality that one chose before, where this film has it. */
    function recall() {
        const { driver } = player.engine ?? {};
        const found = driver?.qualities().find(
            ({ lines }) => lines === choices().lines);

        if (wanted && driver?.qualities().length > 0) {
            wanted = false;
            if (found) {
                driver.setQuality(found.id);
            }
        }
    }

    function update(now) {
        Object.assign(media, now);
        shape();
        grow();
        changed();
    }

    /* There is more to play. The browser's own HLS cannot take it meanwhile. */
    function grow() {
        const { driver } = player.engine;

        if (plays && bare(media.links.play) !== plays
            && !(driver.native && !element.paused)) {
            player.engine.renew();
        }
    }

    /* There is a network again. */
    function goOn() {
        if (problem.hasChildNodes()) {
            retry();
        } else {
            player.engine.driver.retry();
        }
    }

    element.addEventListener("pause", grow, { signal });
    addEventListener("online", goOn, { signal });
    start();
    shape();
    signal.addEventListener("abort", () => player.engine.stop());

    return player;
}
