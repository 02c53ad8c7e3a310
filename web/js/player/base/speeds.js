/* How fast something plays. */

import { number, t } from "../../lib/language.js";

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];


export function speedName(speed) {
    return speed === 1 ? t("player.normal")
        : t("player.times", { speed: number(speed) });
}


export function speedRows(element) {
    return SPEEDS.map((speed) => ({
        label: speedName(speed), checked: element.playbackRate === speed,
        act: () => set(element, speed),
    }));
}


/* To the next of them, or the one before. */
export function faster(element, by) {
    const at = SPEEDS.findIndex((speed) => speed >= element.playbackRate);

    set(element, SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at + by))]);
}


function set(element, speed) {
    element.playbackRate = speed;
    /* a source that is taken anew begins at this */
    element.defaultPlaybackRate = speed;
}
