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
    pause: "M8 5v14M16 5v14",
    replay: "M5 12a7 7 0 1 0 2-5M7 3v4h4",
    previous: "M18 6l-9 6 9 6zM6 6v12",
    next: "M6 6l9 6-9 6zM18 6v12",
    rewind: "M5 12a7 7 0 1 0 2-5M7 3v4h4",
    wind: "M19 12a7 7 0 1 1-2-5M17 3v4h-4",
    volume: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4 4 0 0 1 0 6"
        + "M18 6.5a8 8 0 0 1 0 11",
    quiet: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4 4 0 0 1 0 6",
    muted: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5",
    captions: "M3 5.5h18v13H3zM10 10.5a2 2 0 1 0 0 3M17 10.5a2 2 0 1 0 0 3",
    chapters: "M9 6h11M9 12h11M9 18h11M4 6h1M4 12h1M4 18h1",
    gear: "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM10.5 3.5h3l.5 2.3 1.8 1 2.2-.8"
        + " 1.5 2.6-1.7 1.6v2.1l1.7 1.6-1.5 2.6-2.2-.8-1.8 1-.5 2.3h-3l-.5"
        + "-2.3-1.8-1-2.2.8-1.5-2.6 1.7-1.6v-2.1L4.5 8.6 6 6l2.2.8 1.8-1z",
    pip: "M3 5h18v14H3zM12 12h6.5v4.5H12z",
    shrink: "M9 4v5H4M15 4v5h5M9 20v-5H4M15 20v-5h5",
    airplay: "M7 17H4V5h16v12h-3M12 14l5 6H7z",
    cast: "M4 8V5h16v14h-6M4 12a7 7 0 0 1 7 7M4 16a3 3 0 0 1 3 3",
    queue: "M4 6h12M4 11h12M4 16h7M17 13v7M13.5 16.5h7",
    more: "M12 6v.5M12 12v.5M12 18v.5",
    grip: "M9 6v.5M9 12v.5M9 18v.5M15 6v.5M15 12v.5M15 18v.5",
    speed: "M4.5 18a9 9 0 1 1 15 0M12 14l4-5",
    list: "M4 6h12M4 11h12M4 16h7M15 13.5l5.5 3.5-5.5 3.5z",
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
