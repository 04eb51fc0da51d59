/** What lies on the basemap: sources and layers, from the reach at the bottom to the marks. */

import { colourExpression, edgeColour, pictureExpression } from "./marks.mjs";

const EARTH_RADIUS_M = 6_371_008.8; // mean, IUGG
const FAR_OUT = 11; // the zoom up to which near rows are one; judgement

const TEXT = { "text-font": ["sans-serif"], "text-size": 12 };
const MARKS = {
  "icon-image": pictureExpression(false), "icon-allow-overlap": true, "icon-ignore-placement": true,
  "icon-size": ["interpolate", ["linear"], ["zoom"], 6, 0.6, 12, 1],
  "symbol-sort-key": ["-", 0, ["coalesce", ["get", "minutes"], 999]],
};

/** Add the sources, with what each shows now, and their layers to a style that was loaded. */
export function addAll(view, shown, pictures) {
  for (const [name, picture] of pictures) {
    if (!view.hasImage(name)) view.addImage(name, picture, { pixelRatio: 2 });
  }
  for (const name of ["reach", "ring", "partners", "mark"]) addPlain(view, name, shown[name]);
  view.addSource("rows", {
    type: "geojson", data: shown.rows, cluster: true, clusterMaxZoom: FAR_OUT, clusterRadius: 36,
    clusterMinPoints: 4,
    clusterProperties: { least: ["min", ["coalesce", ["get", "minutes"], 999]] },
  });
  view.addSource("tiles", { type: "vector", tiles: [shown.tiles ?? ""], maxzoom: 16 });
  for (const layer of LAYERS) view.addLayer(layer);
  view.setPaintProperty("clusters", "circle-stroke-color", edgeColour());
  showTiles(view, shown.tiles);
  colourBy(view, shown.alike);
}

/** Colour the marks by resemblance to the best clients, or by minutes. */
export function colourBy(view, alike) {
  for (const layer of ["points", "tile-points"]) {
    view.setLayoutProperty(layer, "icon-image", pictureExpression(alike));
  }
}

/** Draw the rows by those tiles; by none, none is asked for. */
export function showTiles(view, tiles) {
  if (tiles) view.getSource("tiles").setTiles([tiles]);
  view.setLayoutProperty("tile-points", "visibility", tiles ? "visible" : "none");
}

function addPlain(view, name, data) {
  view.addSource(name, { type: "geojson", data });
}

const LAYERS = [
  { id: "reach", type: "fill", source: "reach",
    paint: { "fill-color": "#0d9488", "fill-opacity": 0.13 } },
  { id: "reach-edge", type: "line", source: "reach",
    paint: { "line-color": "#0d9488", "line-width": 1.2, "line-opacity": 0.7 } },
  { id: "clusters", type: "circle", source: "rows", filter: ["has", "point_count"],
    paint: {
      "circle-color": colourExpression("least"),
      "circle-radius": ["interpolate", ["linear"], ["ln", ["get", "point_count"]], 1, 11, 9, 30],
      "circle-stroke-width": 2, "circle-opacity": 0.9,
    } },
  { id: "cluster-counts", type: "symbol", source: "rows", filter: ["has", "point_count"],
    layout: { ...TEXT, "text-field": ["get", "point_count_abbreviated"], "text-allow-overlap": true },
    paint: { "text-color": "#fff", "text-halo-color": "#1f2937", "text-halo-width": 1.4 } },
  { id: "points", type: "symbol", source: "rows", filter: ["!", ["has", "point_count"]],
    layout: MARKS },
  { id: "tile-points", type: "symbol", source: "tiles", "source-layer": "prospects", layout: MARKS },
  { id: "partners", type: "circle", source: "partners",
    paint: { "circle-color": "#be185d", "circle-radius": 5, "circle-stroke-color": "#fff",
      "circle-stroke-width": 1.5 } },
  { id: "partner-names", type: "symbol", source: "partners", minzoom: 12,
    layout: { ...TEXT, "text-field": ["get", "name"], "text-offset": [0, 1.1], "text-optional": true },
    paint: { "text-color": "#be185d", "text-halo-color": "#fff", "text-halo-width": 1.4 } },
  { id: "ring", type: "line", source: "ring",
    paint: { "line-color": "#b45309", "line-width": 2, "line-dasharray": [2, 2] } },
  { id: "mark", type: "circle", source: "mark",
    paint: { "circle-radius": 11, "circle-color": "#f59e0b", "circle-opacity": 0.25,
      "circle-stroke-color": "#b45309", "circle-stroke-width": 2.5 } },
];

/** A row as the one point of a source; nothing for none. */
export function pointOf(row) {
  if (!row || row.lat === null) return collection([]);
  return collection([{ type: "Point", coordinates: [row.lon, row.lat] }]);
}

/** The circle in which a fix lies, by its radius in metres; nothing for none. */
export function ringOf(row) {
  if (!row?.radius_m) return collection([]);
  const up = (row.radius_m / EARTH_RADIUS_M) * (180 / Math.PI);
  const right = up / Math.cos((row.lat * Math.PI) / 180);
  const ring = Array.from({ length: 65 }, (_, at) => {
    const turn = (at / 64) * 2 * Math.PI;
    return [row.lon + right * Math.cos(turn), row.lat + up * Math.sin(turn)];
  });
  return collection([{ type: "LineString", coordinates: ring }]);
}

function collection(geometries) {
  const features = geometries.map((geometry) => ({ type: "Feature", properties: {}, geometry }));
  return { type: "FeatureCollection", features };
}
