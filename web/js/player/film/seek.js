/* The seek bar of a film: what was played and what is loaded, its chapters, and
   a picture of the place one looks for. */

import { h } from "../../lib/dom.js";
import { clock, t } from "../../lib/language.js";
import { slider } from "../base/slider.js";
import { drawTile } from "./storyboard.js";

const STEP = 5;             /* seconds */


/* length() is of the film; tile(at) a picture of a storyboard, or null; parts
   are its chapters(), or null; go(at) goes there. Answers {element, update}. */
export function seekBar(element, { length, tile, parts, go }, signal) {
    const picture = h("span", { class: "seek-picture", hidden: true });
    const name = h("span", { class: "seek-chapter", dir: "auto" });
    const time = h("span", { class: "seek-time" });
    const preview = h("span", { class: "seek-preview", "aria-hidden": "true",
                                hidden: true },
                      picture, h("span", { class: "seek-words" }, name, time));
    const marks = h("span", { class: "seek-marks" });
    const bar = h("div", { class: "seek", "aria-label": () => t("player.seek") },
        h("span", { class: "seek-rail" },
          h("span", { class: "seek-loaded" }), h("span", { class: "seek-meant" }),
          h("span", { class: "seek-played" }), marks),
        h("span", { class: "seek-knob" }), preview);

    function text(at) {
        const chapter = parts()?.name(at);
        const place = t("player.place", { at: clock(at),
                                          length: clock(length()) });

        return chapter ? `${place}, ${chapter}` : place;
    }

    function meant(at) {
        preview.hidden = at === null;
        bar.classList.toggle("looking", at !== null);
        if (at !== null) {
            bar.style.setProperty("--meant", String(at / (length() || 1)));
            drawTile(picture, tile(at));
            name.textContent = parts()?.name(at) ?? "";
            time.textContent = clock(at);
        }
    }

    const sliding = slider(bar, { most: length, step: STEP, text, meant,
                                  value: () => element.currentTime,
                                  taken: go });

    function update() {
        if (!sliding.dragging()) {
            sliding.update();
        }
        bar.style.setProperty("--loaded", String(loaded(element)
                                                 / (length() || 1)));
    }

    function mark() {
        const starts = (parts()?.list ?? []).map(({ start }) => start)
            .filter((start) => start > 0 && start < length());

        marks.replaceChildren(...starts.map((start) => {
            const line = h("span", {});

            line.style.setProperty("--at", String(start / length()));
            return line;
        }));
        update();
    }

    for (const event of ["timeupdate", "progress", "seeking", "seeked"]) {
        element.addEventListener(event, update, { signal });
    }
    element.addEventListener("durationchange", mark, { signal });
    mark();

    return { element: bar, update: mark };
}


/* How far what is there reaches from where one is. */
function loaded({ buffered, currentTime }) {
    for (let range = 0; range < buffered.length; range++) {
        if (buffered.start(range) <= currentTime + 0.1
            && currentTime <= buffered.end(range)) {
            return buffered.end(range);
        }
    }
    return currentTime;
}
