/* The picture of a recording, and what stands for it where there is none. */

import { h, icon } from "../../lib/dom.js";


export function cover(source) {
    return [icon("audio"), source ? h("img", {
        src: source, alt: "", decoding: "async",
        /* A link that ended, a file that went: the symbol stays. */
        onerror: (event) => event.target.remove(),
    }) : null].filter(Boolean);
}
