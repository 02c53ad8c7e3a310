/* The parts of what plays, by their names. */

import { clock, t } from "../../lib/language.js";

const AGAIN = 3;            /* seconds into a chapter: back is its beginning */


/* list: media.chapters; go(seconds) goes there. */
export function chapters(list, element, go) {
    const at = (seconds) => list.findLastIndex(
        ({ start }) => start <= seconds + 0.001);
    const named = (place) => list[place]?.title
        || t("player.chapter", { place: place + 1 });

    return {
        list,
        /* the name of the one at so many seconds; "" before the first */
        name: (seconds) => (at(seconds) < 0 ? "" : named(at(seconds))),
        next() {
            const { start } = list[at(element.currentTime) + 1] ?? {};

            if (start !== undefined) {
                go(start);
            }
        },
        previous() {
            const here = at(element.currentTime);
            const late = here >= 0
                && element.currentTime - list[here].start > AGAIN;

            go(list[late ? here : here - 1]?.start ?? 0);
        },
        rows: () => list.map(({ start }, place) => ({
            label: named(place), detail: clock(start),
            checked: place === at(element.currentTime),
            act: () => go(start),
        })),
    };
}
