/* Larger than the window: by buttons and keys, moved by scrolling. */

import { t } from "../lib/language.js";
import { percent } from "../lib/language.js";
import * as notice from "../lib/notice.js";

const STEPS = [1, 1.25, 1.5, 2, 3];
const LINE = 60;            /* px that an arrow key moves */
const SCREEN = 0.9;         /* of the height that a page key moves */
const MOVES = { ArrowDown: 1, ArrowUp: -1 };
const LEAPS = { PageDown: 1, " ": 1, PageUp: -1 };


/* frame scrolls; zoom(by) changes by steps, 0 goes back to the whole. */
export function scoreZoom(frame) {
    let step = 0;

    function zoom(by) {
        const middle = (frame.scrollTop + frame.clientHeight / 2)
            / frame.scrollHeight;

        step = by === 0 ? 0
            : Math.max(0, Math.min(STEPS.length - 1, step + by));
        frame.style.setProperty("--zoom", STEPS[step]);
        frame.classList.toggle("zoomed", step > 0);
        /* Only what scrolls is a stop of the keyboard. */
        if (step > 0) {
            frame.setAttribute("tabindex", "0");
        } else {
            frame.removeAttribute("tabindex");
        }
        frame.scrollTop = middle * frame.scrollHeight - frame.clientHeight / 2;
        frame.scrollLeft = (frame.scrollWidth - frame.clientWidth) / 2;
        notice.say(t("score.zoomed", { percent: percent(100 * STEPS[step]) }));
    }

    /* Does a key move what is larger than the window? Then it is done. */
    function moved({ key, shiftKey }) {
        if (step === 0) {
            return false;
        }
        if (key in MOVES) {
            frame.scrollTop += MOVES[key] * LINE;
            return true;
        }

        const before = frame.scrollTop;
        const way = key === " " && shiftKey ? -1 : LEAPS[key] ?? 0;

        frame.scrollTop += way * SCREEN * frame.clientHeight;
        return frame.scrollTop !== before;
    }

    return {
        zoom, moved,
        get larger() {
            return step > 0;
        },
        toTop() {
            frame.scrollTop = 0;
        },
    };
}
