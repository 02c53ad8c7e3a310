/* One part of a page of accounts. */

import { h, refresh } from "../lib/dom.js";
import { t } from "../lib/language.js";


export function section(id, title, ...children) {
    return h("section", { class: "panel", "aria-labelledby": `${id}-title` },
        h("h2", { id: `${id}-title` }, title), children);
}


/* A line that says what has happened; say(words) and complain(problem). */
export function outcome() {
    let words = null;
    let problem = null;
    const said = h("p", { class: "form-note", role: "status" },
                   () => (words ? words() : ""));
    const alert = h("p", { class: "form-problem", role: "alert" },
                    () => (problem ? problem.text() : ""));
    const put = (told, wrong) => {
        words = told;
        problem = wrong;
        refresh(said);
        refresh(alert);
    };

    return {
        elements: [said, alert],
        say: (told) => put(told, null),
        /* Does it, and tells when it was refused. */
        async attempt(action) {
            put(null, null);
            try {
                await action();
            } catch (wrong) {
                if (wrong.text) {
                    put(null, wrong);
                } else if (wrong.name !== "AbortError") {
                    throw wrong;
                }
            }
        },
    };
}


/*
 * A list by pages: ask(cursor) answers {items, next}, row(item) an element.
 * {element, load()}: all anew; told(problem) when it cannot be had.
 */
export function pagedList(name, { ask, row, none, signal, attempt, loaded }) {
    let next = null;
    const list = h("ul", { class: "rows", "aria-label": name });
    const empty = h("p", { class: "muted", hidden: true }, none);
    const more = h("button", {
        class: "button", type: "button", hidden: true,
        onclick: () => attempt(() => add(next)),
    }, () => t("library.more"));

    async function add(cursor) {
        const page = await ask(cursor);

        if (signal.aborted) {
            return;
        }

        const rows = page.items.map(row);

        if (cursor === null) {
            list.replaceChildren(...rows);
        } else {
            list.append(...rows);
            rows[0]?.setAttribute("tabindex", "-1");
            rows[0]?.focus();
        }
        next = page.next;
        more.hidden = next === null;
        empty.hidden = list.children.length > 0;
        loaded?.(list);
    }

    return {
        element: h("div", { class: "panel-body" }, list, empty, more),
        load: () => attempt(() => add(null)),
    };
}
