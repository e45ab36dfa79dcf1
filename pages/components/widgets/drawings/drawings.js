// Puts the charts of drawings.py in their place. The markup is the library's own; names in it were escaped there.

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".drawings");
  const legend = document.createElement("div");
  legend.className = "legend";
  legend.innerHTML = data.legend;
  const panels = document.createElement("div");
  panels.className = "panels";
  for (const chart of data.charts) {
    const figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    caption.textContent = chart.title;
    const drawing = document.createElement("div");
    drawing.innerHTML = chart.svg;
    figure.append(caption, drawing);
    panels.append(figure);
  }
  root.replaceChildren(legend, panels);
}
