/* A film: the player, what is said of it, and what is still being made. */

import { subtitlesButton } from "../film/subtitles.js";
import { h, refresh } from "../lib/dom.js";
import { homeLink } from "../lib/home.js";
import { clock, t } from "../lib/language.js";
import * as notice from "../lib/notice.js";
import { actionButtons } from "../media/actions.js";
import { changeMedia, getMedia } from "../media/api.js";
import { followOn } from "../media/follow.js";
import { facts, mayDelete } from "../media/media.js";
import { originalLink } from "../media/original.js";
import { keepPlace } from "../player/base/place.js";
import { makingLine } from "../player/film/making.js";
import { shortcutsButton } from "../player/base/shortcuts.js";
import { filmStage } from "../player/film/stage.js";


/* actions: see actionButtons(). */
export function watchView(media, actions, { signal }) {
    const resumed = h("p", { class: "resumed", role: "status", hidden: true });
    const player = filmStage(media, {
        fresh: () => getMedia(media.id, signal),
        extra: () => (mayDelete(media) && "poster_at" in media
            ? [{ label: t("player.poster"), act: choosePoster }] : []),
    }, signal);
    const making = makingLine(media);

    /* What is made while one watches comes along by itself. */
    function follow() {
        followOn(media, (now) => {
            player.update(now);
            making.update();
        }, signal).catch(() => {});
    }

    async function choosePoster() {
        const at = player.element.currentTime;

        try {
            player.update(await changeMedia({ id: media.id },
                                            { poster_at: at }));
            notice.tell(() => t("player.poster-done", { at: clock(at) }));
            follow();
        } catch (problem) {
            notice.tell(() => problem.text());
        }
    }

    keepPlace(media, player.element, (at) => tell(resumed, at, player), signal);
    follow();

    return h("section", { class: "watch video",
                          "aria-labelledby": "watch-title" },
        h("div", { class: "watch-top" }, homeLink(), resumed),
        player.stage,
        h("div", { class: "watch-head" },
          h("div", {},
            h("h1", { id: "watch-title", dir: "auto" }, () => media.title),
            h("p", { class: "muted" }, () => facts(media, { long: true })),
            making.element),
          h("div", { class: "actions" },
            shortcutsButton(player.keys),
            mayDelete(media) && Array.isArray(media.links.subtitles)
                ? subtitlesButton(media, (now) => player.update(now), signal)
                : null,
            originalLink(media),
            actionButtons(actions))));
}


/* It goes on where one stopped: said, and undone by a button. */
function tell(resumed, at, player) {
    resumed.replaceChildren(
        h("span", {}, () => t("watch.resumed", { time: clock(at) })),
        h("button", { class: "link", type: "button", onclick: () => {
            player.go(0);
            resumed.hidden = true;
            player.stage.querySelector(".control-play").focus();
        } }, () => t("watch.restart")));
    resumed.hidden = false;
    refresh(resumed);
}
