/* Sounds, and what else lies beside pictures. */

import {
    A, AAC, AC3, COVER, FLAC, H264, MP2, MPEG2, PCM, V, beside,
    remade,
} from "../makers.mjs";

const tone = (hertz, layout = "mono", rate = 48000) => ["-f", "lavfi", "-i",
    `sine=frequency=${hertz}:sample_rate=${rate}:duration=3,`
        + `aformat=channel_layouts=${layout}`];
const TWO = [V, A, tone(880), "-map", "0:v", "-map", "1:a", "-map", "2:a"];
const THREE = [V, A, tone(660), tone(880), "-map", "0:v", "-map", "1:a", "-map",
               "2:a", "-map", "3:a"];
const marked = (i, words) => Object.entries(words).flatMap(([name, text]) =>
    name === "disposition" ? [`-disposition:a:${i}`, text]
        : [`-metadata:s:a:${i}`, `${name}=${text}`]);
const CHAPTERS = ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=1\n"
    + "title=One\n[CHAPTER]\nTIMEBASE=1/1\nSTART=1\nEND=3\ntitle=Two\n";
const WORDS = "1\n00:00:00,500 --> 00:00:02,000\nHello\n";
const many = (layout) => [V, tone(440, layout), H264];

export const sounds = [
    ["none.mp4", "no sound", [V, H264], { plan: "v180 copied" }],
    ["none.mkv", "no sound, encoded", [V, "-c:v", "mpeg4"],
        { plan: "v180 not H.264" }],
    ["two.mkv", "two languages, the second to be played", [TWO, H264, AAC,
        marked(0, { language: "eng", title: "English", disposition: "0" }),
        marked(1, { language: "fre", title: "Français",
                    disposition: "default" })],
    { plan: "v180 copied, a1 copied, a2 copied", quick: true,
      sounds: ["a1 en English", "a2 fr Français default"] }],
    ["two.mp4", "two languages", [TWO, H264, AAC, marked(0, { language:
        "deu" }), marked(1, { language: "jpn" })],
    { plan: "v180 copied, a1 copied, a2 copied",
      sounds: ["a1 de default", "a2 ja"] }],
    ["two.ts", "two languages", [TWO, H264, MP2, marked(0, { language: "eng" }),
        marked(1, { language: "ger" })],
    { plan: "v180 copied, a1 not AAC, a2 not AAC",
      sounds: ["a1 en default", "a2 de"] }],
    ["unsaid.mkv", "two sounds without languages", [TWO, H264, AAC],
        { plan: "v180 copied, a1 copied, a2 copied",
          sounds: ["a1 default", "a2"] }],
    ["commentary.mkv", "commentary, and what is seen told", [THREE, H264, AAC,
        marked(0, { language: "eng" }), marked(1, { language: "eng",
            title: "Director", disposition: "comment" }),
        marked(2, { language: "eng", disposition: "visual_impaired" })],
    { plan: "v180 copied, a1 copied, a2 copied, a3 copied",
      sounds: ["a1 en default", "a2 en Director commentary",
               "a3 en description"] }],
    ["51.mp4", "5.1 AAC", [many("5.1"), AAC],
        { plan: "v180 copied, a1 of many channels, a1-51 copied",
          channels: { a1: 2, "a1-51": 6 }, quick: true }],
    ["51.ts", "5.1 AC-3", [many("5.1"), AC3],
        { plan: "v180 copied, a1 not AAC, a1-51 not AAC",
          channels: { a1: 2, "a1-51": 6 } }],
    ["51-side.mkv", "5.1 with speakers at the sides", [many("5.1(side)"), FLAC],
        { plan: "v180 copied, a1 not AAC, a1-51 not AAC",
          channels: { a1: 2, "a1-51": 6 } }],
    ["71.mkv", "7.1", [many("7.1"), FLAC],
        { plan: "v180 copied, a1 not AAC", channels: { a1: 2 } }],
    ["quad.mkv", "four channels", [many("quad"), FLAC],
        { plan: "v180 copied, a1 not AAC", channels: { a1: 2 } }],
    ["stereo.mp4", "stereo", [many("stereo"), AAC], { channels: { a1: 2 } }],
    ["44100.mp4", "44.1 kHz", [V, tone(440, "mono", 44100), H264, AAC]],
    ["22050.mp4", "22.05 kHz", [V, tone(440, "mono", 22050), H264, AAC]],
    ["8000.mkv", "8 kHz", [V, tone(440, "mono", 8000), H264, PCM],
        { plan: "v180 copied, a1 not AAC" }],
    ["96000.mp4", "AAC of 96 kHz", [V, tone(440, "mono", 96000), H264, AAC],
        { plan: "v180 copied, a1 of a high rate" }],
    ["192000.mkv", "FLAC of 192 kHz", [V, tone(440, "mono", 192000), H264,
        FLAC], { plan: "v180 copied, a1 not AAC" }],

    ["cover.mp4", "a cover attached", [V, A, COVER, "-map", "0:v", "-map",
        "1:a", "-map", "2:v", H264, AAC, "-c:v:1", "mjpeg", "-frames:v:1", "1",
        "-disposition:v:1", "attached_pic"]],
    ["cover.mkv", "a cover attached", remade("cover.png", COVER, "-frames:v",
        "1")((path) => [...V, ...A, ...H264, ...AAC, "-attach", path,
                        "-metadata:s:t", "mimetype=image/png"])],
    ["timecode.mov", "a track of time codes", [V, A, H264, AAC, "-timecode",
        "01:00:00:00"]],
    ["chapters.mp4", "a track of chapters", beside("chapters.txt",
        CHAPTERS)((path) => [...V, ...A, "-i", path, "-map", "0:v", "-map",
                             "1:a", ...H264, ...AAC])],
    ["subtitled.mkv", "subtitles", beside("words.srt",
        WORDS)((path) => [...V, ...A, "-i", path, ...H264, ...AAC])],
    ["subtitled.mp4", "subtitles", beside("words.srt",
        WORDS)((path) => [...V, ...A, "-i", path, ...H264, ...AAC, "-c:s",
                          "mov_text"])],
    ["two-pictures.mp4", "two pictures: the first is played", [V, A,
        "-f", "lavfi", "-i", "color=red:size=160x90:rate=25:duration=3", "-map",
        "0:v", "-map", "1:a", "-map", "2:v", H264, AAC, "-disposition:v:0",
        "default", "-disposition:v:1", "0"]],
    ["programs.ts", "two programs", [V, A, MPEG2, MP2, "-program",
        "title=one:st=0:st=1"], { plan: "v180 not H.264, a1 not AAC" }],
];
