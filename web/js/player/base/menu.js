/*
 * A button and the menu that it opens, as WAI-ARIA has them: above the player's
 * bar, on a phone from below. A menu may lead to another in its place.
 */

import { h, icon, refresh } from "../../lib/dom.js";
import { t } from "../../lib/language.js";

let count = 0;


/*
 * label: its name, a function. rows() answers what is in it each time it opens,
 * or null where there is nothing:
 *   {label, detail, dir, lang, checked, act}   a choice among others
 *   {label, act}                         something to do
 *   {label, detail, rows}                another menu
 *   {label, off: true}                   what cannot be chosen (yet)
 * Answers {element, update}: the button with its menu, and what makes an open
 * menu anew.
 */
export function menuButton({ symbol, label, rows, name }) {
    const id = `menu-${count++}`;
    const list = h("div", { role: "menu", class: "player-menu", id,
                            popover: "auto", "aria-label": label });
    const button = h("button", {
        class: `control control-${name}`, type: "button", popovertarget: id,
        "aria-haspopup": "menu", "aria-expanded": "false",
        "aria-label": label, title: label,
    }, icon(symbol));
    const path = [];        /* of menus within menus: their labels */

    function fill() {
        const here = path.reduce((found, step) =>
            found.find((row) => row.label === step)?.rows() ?? found, rows());
        const items = here.map((row) => item(row));

        if (path.length > 0) {
            items.unshift(back());
        }
        list.replaceChildren(...items);
    }

    function focus(label = null) {
        const items = [...list.children];

        (items.find((one) => one.dataset.label === label)
            ?? list.querySelector("[aria-checked=true]") ?? items[0])?.focus();
    }

    function draw(label) {
        fill();
        focus(label);
    }

    function back() {
        return h("button", { type: "button", role: "menuitem",
                             class: "player-menu-back", tabindex: "-1",
                             "data-back": "", onclick: up },
            icon("back"), h("span", { dir: "auto" }, path.at(-1)));
    }

    function up() {
        draw(path.pop());
    }

    function item(row) {
        const choice = "checked" in row;

        return h("button", {
            type: "button", tabindex: "-1", "data-label": row.label,
            role: choice ? "menuitemradio" : "menuitem",
            "aria-checked": choice ? String(row.checked) : null,
            "aria-haspopup": row.rows ? "menu" : null,
            "aria-disabled": row.off ? "true" : null,
            onclick: () => choose(row),
        }, choice || row.off ? icon("check") : null,
        h("span", { dir: "auto", lang: row.lang }, row.label),
        row.detail ? h("span", { class: "player-menu-detail", dir: "auto" },
                       row.detail) : null,
        row.rows ? icon("forward") : null);
    }

    function choose(row) {
        if (row.rows) {
            path.push(row.label);
            draw();
        } else if (!row.off) {
            list.hidePopover();
            row.act();
        }
    }

    function key(event) {
        const items = [...list.children];
        const at = items.indexOf(document.activeElement);
        const to = {
            ArrowDown: at + 1, ArrowUp: at === -1 ? -1 : at - 1, Home: 0,
            End: -1,
        }[event.key];

        if (to !== undefined) {
            items.at(to % items.length)?.focus();
        } else if (event.key === "ArrowLeft" && path.length > 0) {
            up();
        } else if (event.key === "ArrowRight"
                   && items[at]?.getAttribute("aria-haspopup")) {
            items[at].click();
        } else if (event.key === "Tab") {
            list.hidePopover();
            return;
        } else {
            return;
        }
        event.preventDefault();
    }

    list.addEventListener("keydown", key);
    list.addEventListener("beforetoggle", ({ newState }) => {
        if (newState === "open") {
            path.length = 0;
            settle(list, button);
            fill();
        }
    });
    list.addEventListener("toggle", ({ newState }) => {
        button.setAttribute("aria-expanded", String(newState === "open"));
        if (newState === "open") {
            focus();
        } else {
            list.replaceChildren();
        }
    });

    const element = h("div", { class: "control-menu" }, button, list);

    return {
        element,
        update() {
            refresh(button);
            if (list.matches(":popover-open")) {
                draw(document.activeElement.dataset?.label);
            }
        },
    };
}


/* The top layer knows no neighbours: it is told where its button is. */
function settle(list, button) {
    const { top, right } = button.getBoundingClientRect();

    list.style.setProperty("--right",
        `${Math.max(8, innerWidth - right - 8)}px`);
    list.style.setProperty("--bottom", `${innerHeight - top + 8}px`);
    list.style.setProperty("--height", `${Math.max(top - 16, 160)}px`);
}


/* A choice that is switched off, for menus of tracks. */
export function offRow(checked, act) {
    return { label: t("player.off"), checked, act };
}
