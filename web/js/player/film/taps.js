/* What a click or a tap on the picture does. */

const TWICE = 300;          /* ms between the taps of a double tap */


/*
 * With a mouse one click plays or stops, two fill the screen; a finger calls the
 * controls or sends them away, and taps twice at a side to step there.
 */
export function taps(stage, element, { toggle, full, step, awake }) {
    let last = { at: -Infinity, side: 0 };

    element.addEventListener("click", (event) => {
        if (event.pointerType !== "touch") {
            toggle();
        }
    });
    element.addEventListener("dblclick", (event) => {
        if (event.pointerType !== "touch") {
            full();
        }
    });
    stage.addEventListener("pointerup", (event) => {
        if (event.pointerType !== "touch" || event.target !== element) {
            return;
        }
        const { left, width } = stage.getBoundingClientRect();
        const part = (event.clientX - left) / width;
        const side = part < 0.35 ? -1 : part > 0.65 ? 1 : 0;
        const twice = side !== 0 && side === last.side
            && event.timeStamp - last.at < TWICE;

        if (twice) {
            step(side);
        } else if (!awake.fresh()) {
            awake.sleep();
        }
        last = { at: event.timeStamp, side };
    });
}
