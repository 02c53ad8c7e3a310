/* All pages of a score in small, to go to one of them. */

import { h } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { thumbnail } from "../media/api.js";


/*
 * Answers {element, toggle(), fill(pages, ratio), mark(open)}. go(page) is
 * called with the chosen one; pages are links, ratio is width by height.
 */
export function scoreThumbs(go) {
    const element = h("ol", { class: "thumbs", hidden: true,
                              "aria-label": () => t("score.thumbs") });
    let links = [];
    let current = [];

    function draw() {
        element.replaceChildren(...links.map((source, index) => h("li", {},
            h("button", { type: "button",
                          "aria-label": () => t("score.page", {
                              page: index + 1, pages: links.length }),
                          onclick: () => go(index + 1) },
              h("img", { src: thumbnail(source), alt: "", loading: "lazy" }),
              h("span", {}, String(index + 1))))));
        mark(current);
    }

    function mark(open) {
        current = open;
        [...element.children].forEach((item, index) => {
            const button = item.firstChild;

            if (open.includes(index + 1)) {
                button.setAttribute("aria-current", "page");
            } else {
                button.removeAttribute("aria-current");
            }
        });
        element.querySelector("[aria-current]")?.scrollIntoView({
            block: "center", inline: "nearest" });
    }

    function fill(pages, ratio) {
        links = pages;
        /* Known before they are there, so that the open one has its place. */
        element.style.setProperty("--ratio", ratio);
        if (element.hidden) {
            element.replaceChildren();
        } else {
            draw();
        }
    }

    function toggle() {
        element.hidden = !element.hidden;
        if (!element.hidden && element.children.length === 0) {
            draw();
        } else {
            mark(current);
        }
    }

    return { element, toggle, fill, mark };
}
