/*
 * A slider as WAI-ARIA has it: dragged by pointer or finger, moved by keys. It
 * tells of the place that is meant before it is taken.
 */

const LEAP = 10;            /* of its steps: Page Up and Down */


/*
 * Makes a slider of an element that is there. most() is its range from 0, step
 * what an arrow moves, value() where it is, text(at) what a voice says of a
 * place. meant(at) is called while one looks for a place (null: no longer), by
 * pointer, finger or key; taken(at) when it is chosen, and with `live` while it
 * is dragged, too. Answers {update(), dragging()}.
 */
export function slider(element, { most, step, value, text, taken,
                                  meant = () => {}, live = false })
{
    let dragged = null;     /* where, while a finger or button is down */

    const within = (at) => Math.max(0, Math.min(most(), at));

    function place(event) {
        const { left, width } = element.getBoundingClientRect();

        return width > 0 ? within((event.clientX - left) / width * most()) : 0;
    }

    function update() {
        const at = dragged ?? value();

        element.setAttribute("aria-valuemax", String(round(most(), step)));
        element.setAttribute("aria-valuenow", String(round(at, step)));
        element.setAttribute("aria-valuetext", text(at));
        element.style.setProperty("--at", String(most() > 0 ? at / most() : 0));
    }

    function drag(event) {
        if (dragged !== null) {
            dragged = place(event);
            update();
            if (live) {
                taken(dragged);
            }
        }
        if (dragged !== null || event.pointerType === "mouse") {
            meant(place(event));
        }
    }

    function drop(event) {
        if (dragged === null) {
            return;
        }
        const at = dragged;

        dragged = null;
        if (event.type === "pointerup") {
            taken(at);
        }
        if (event.pointerType !== "mouse" || event.type !== "pointerup") {
            meant(null);
        }
        update();
    }

    element.setAttribute("role", "slider");
    element.setAttribute("tabindex", "0");
    element.setAttribute("aria-valuemin", "0");

    element.addEventListener("pointerdown", (event) => {
        if (event.button === 0 && most() > 0) {
            event.preventDefault();
            element.focus({ focusVisible: false });
            element.setPointerCapture(event.pointerId);
            dragged = place(event);
            drag(event);
        }
    });
    element.addEventListener("pointermove", drag);
    element.addEventListener("pointerup", drop);
    element.addEventListener("pointercancel", drop);
    element.addEventListener("pointerleave", () => dragged ?? meant(null));
    element.addEventListener("blur", () => meant(null));

    element.addEventListener("keydown", (event) => {
        const to = moved(event, value(), most(), step);

        if (to !== null) {
            event.preventDefault();
            taken(within(to));
            meant(within(to));
            update();
        }
    });

    return { update, dragging: () => dragged !== null };
}


function moved({ key, ctrlKey, altKey, metaKey }, at, most, step) {
    if (ctrlKey || altKey || metaKey) {
        return null;
    }
    switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
        return at - step;
    case "ArrowRight":
    case "ArrowUp":
        return at + step;
    case "PageDown":
        return at - LEAP * step;
    case "PageUp":
        return at + LEAP * step;
    case "Home":
        return 0;
    case "End":
        return most;
    default:
        return null;
    }
}


/* As fine as one can tell apart: whole seconds, hundredths of a volume. */
function round(value, step) {
    return step < 1 ? Math.round(value * 100) / 100 : Math.round(value);
}
