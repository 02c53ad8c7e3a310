/* A score on the whole screen: pages alone, the bar when it is asked for. */

import { h } from "../lib/dom.js";
import { t } from "../lib/language.js";

const HINT = 4000;          /* ms that one is told how to come back */


export function toggleFull(element) {
    if (document.fullscreenElement) {
        document.exitFullscreen();
    } else {
        element.requestFullscreen?.().catch(() => {});
    }
}


/* element is the reader, stage what one taps in its middle; opener is the
   button that has the focus again afterwards. */
export function keepFull(element, stage, opener, signal) {
    const hint = h("p", { class: "full-hint", hidden: true },
                   () => t("score.full-hint"));
    let timer = 0;

    element.append(hint);
    document.addEventListener("fullscreenchange", () => {
        const full = document.fullscreenElement === element;

        clearTimeout(timer);
        element.classList.remove("barred");
        hint.hidden = !full;
        if (full) {
            document.activeElement.blur();
            timer = setTimeout(() => {
                hint.hidden = true;
            }, HINT);
        } else {
            opener?.focus();
        }
    }, { signal });

    stage.addEventListener("click", (event) => {
        if (document.fullscreenElement && !event.target.closest("button")) {
            element.classList.toggle("barred");
        }
    });
}
