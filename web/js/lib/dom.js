/*
 * Elements, and the texts in them that change with the language.
 *
 * An attribute or a child given as a function is evaluated now and again
 * whenever refresh() passes over the element.
 */

const live = new WeakMap();
const SVG = "http://www.w3.org/2000/svg";


/* h("p", {class: "note", onclick: f}, "text", node, () => clock(now)) */
export function h(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);

    for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith("on")) {
            element.addEventListener(name.slice(2), value);
        } else if (typeof value === "function") {
            bind(element, () => set(element, name, value()));
        } else {
            set(element, name, value);
        }
    }

    for (const child of children.flat()) {
        if (child === null || child === undefined || child === false) {
            continue;
        }
        element.append(typeof child === "function" ? text(child) : child);
    }

    return element;
}


/* Evaluates every function given to h() for root and all below it. */
export function refresh(root) {
    const walker = document.createTreeWalker(
        root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);

    for (let node = root; node; node = walker.nextNode()) {
        live.get(node)?.forEach((apply) => apply());
    }
}


const PATHS = {
    search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4.5 4.5",
    upload: "M12 15V4m0 0L7.5 8.5M12 4l4.5 4.5M4 15v3a2 2 0 0 0 2 2h12a2"
        + " 2 0 0 0 2-2v-3",
    back: "M15 5l-7 7 7 7",
    forward: "M9 5l7 7-7 7",
    film: "M4 5h16v14H4zM8 5v14M16 5v14M4 9.5h4M4 14.5h4M16 9.5h4"
        + "M16 14.5h4",
    audio: "M9 17.5V6l10-2v11.5M9 17.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0"
        + " 1 5 0zM19 15.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z",
    score: "M6 3h9l4 4v14H6zM15 3v4h4M9.5 17V11l5-1v6",
    bin: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
    close: "M6 6l12 12M18 6L6 18",
    check: "M5 12.5l4.5 4.5L19 7.5",
    alert: "M12 4l9 16H3zM12 10v4M12 17v.5",
    download: "M12 4v11m0 0l4.5-4.5M12 15l-4.5-4.5M4 20h16",
    files: "M20 11.5l-8 8a5 5 0 0 1-7-7l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7l-8.5"
        + " 8.5a1.6 1.6 0 0 1-2.3-2.3l7.6-7.7",
    keys: "M3 6h18v12H3zM7 10h.5M11 10h.5M15 10h.5M7 14h10",
    pages: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
    expand: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
    smaller: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4.5 4.5M8 11h6",
    larger: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4.5 4.5M8 11h6"
        + "M11 8v6",
    halves: "M5 3h14v18H5zM5 12h14M12 15v3.5m-1.5-1.5l1.5 1.5 1.5-1.5",
    about: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 11v5.5"
        + "M12 7.5v.5",
    pen: "M4 20l1-4L16 5l3 3L8 19zM13.5 7.5l3 3",
    up: "M12 19V5m0 0l-6 6M12 5l6 6",
    down: "M12 5v14m0 0l-6-6M12 19l6-6",
    play: "M8 5l11 7-11 7z",
};


/* A drawing for eyes only: what it stands for is said beside it. */
export function icon(name) {
    const svg = document.createElementNS(SVG, "svg");
    const path = document.createElementNS(SVG, "path");

    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("class", `icon icon-${name}`);
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", PATHS[name]);
    svg.append(path);

    return svg;
}


function text(value) {
    const node = document.createTextNode("");

    bind(node, () => {
        node.data = value() ?? "";
    });

    return node;
}


function bind(node, apply) {
    const list = live.get(node);

    if (list) {
        list.push(apply);
    } else {
        live.set(node, [apply]);
    }
    apply();
}


function set(element, name, value) {
    if (value === false || value === null || value === undefined) {
        element.removeAttribute(name);
    } else {
        element.setAttribute(name, value === true ? "" : value);
    }
}
