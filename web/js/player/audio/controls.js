/* The buttons below a recording's waveform. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/language.js";
import { control, volumeControl } from "../base/control.js";
import { menuButton } from "../base/menu.js";
import { faster, speedName, speedRows } from "../base/speeds.js";
import * as jukebox from "./jukebox.js";

const STEP = 10;            /* seconds */


/* mine() tells whether it is this recording that plays, or would. Answers
   {element, update, tick, toggle, keys}. */
export function listenControls(media, { mine, now, go, parts }) {
    const { element } = jukebox;
    const playing = () => mine() && !element.paused;
    const step = (by, symbol, key) => control({
        name: symbol, symbol: () => symbol,
        label: () => t(key, { seconds: STEP }),
        act: () => go(Math.max(0, Math.min(now().length, now().at + by))),
    });

    function toggle() {
        if (mine()) {
            jukebox.toggle();
        } else {
            jukebox.play(media);
        }
    }

    const play = control({
        name: "large", symbol: () => (playing() ? "pause" : "play"),
        label: () => t(playing() ? "player.pause" : "player.play"), act: toggle,
    });
    const previous = control({ name: "previous", symbol: () => "previous",
                               label: () => t("queue.previous"),
                               act: jukebox.previous });
    const next = control({ name: "next", symbol: () => "next",
                           label: () => t("queue.next"), act: jukebox.next });
    const volume = volumeControl(element);
    const speed = menuButton({ name: "speed", symbol: "speed",
                               label: () => t("player.speed-now", {
                                   speed: speedName(element.playbackRate) }),
                               rows: () => speedRows(element) });
    const all = [previous, step(-STEP, "rewind", "player.back"), play,
                 step(STEP, "wind", "player.forward"), next];

    return {
        toggle,
        keys: { faster: (by) => faster(element, by),
                next: parts ? parts.next : jukebox.next,
                previous: parts ? parts.previous : jukebox.previous },
        element: h("div", { class: "listen-controls" },
            volume.element,
            h("div", { class: "listen-buttons" },
              all.map((one) => one.element)),
            speed.element),
        update() {
            const alone = jukebox.list().length < 2;

            previous.element.hidden = alone;
            next.element.hidden = alone;
            next.element.setAttribute("aria-disabled",
                String(jukebox.place() + 1 >= jukebox.list().length));
            [...all, volume, speed].forEach((one) => one.update());
        },
    };
}
