/* What of a film is still being made, said as it goes on. */

import { h, refresh } from "../../lib/dom.js";
import { current, percent, t } from "../../lib/language.js";
import * as notice from "../../lib/notice.js";
import { busy } from "../../media/follow.js";
import { progress } from "../../media/media.js";


/* The qualities on their way: [{name, lines, progress}], the best first. */
export function making({ making: list }) {
    return (list ?? []).filter(({ kind }) => kind === "video")
        .toSorted((a, b) => b.lines - a.lines);
}


/* A line for below the title. update() follows the media object, and tells a
   voice what is there now. */
export function makingLine(media) {
    const element = h("p", { class: "making" }, () => words(media));
    let there = names(media);

    function update() {
        const fresh = names(media).filter((name) => !there.includes(name));

        there = names(media);
        if (fresh.length > 0) {
            notice.say(t("player.made", { quality: listed(fresh),
                                          count: fresh.length }));
        }
        element.hidden = !busy(media);
        refresh(element);
    }

    update();
    return { element, update };
}


function words(media) {
    const coming = making(media);
    const share = coming[0] ? coming[0].progress : progress(media);
    const told = share > 0 ? "-percent" : "";
    const values = {
        percent: percent(share ?? 0), count: coming.length,
        quality: listed(coming.map(({ lines }) => `${lines}p`)),
    };

    return coming.length > 0 ? t(`player.making${told}`, values)
        : t(`player.making-more${told}`, values);
}


function names({ links }) {
    return (links.renditions ?? []).filter(({ kind }) => kind === "video")
        .map(({ width, height }) => `${Math.min(width, height)}p`);
}


/* "720p and 1080p" */
function listed(list) {
    return new Intl.ListFormat(current(), { type: "conjunction" }).format(list);
}
