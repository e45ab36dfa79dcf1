// What pointer, keys and fingers do on the map of point_map.js.

const NEAR = 9, NEAR_FINGER = 20; // pixels within which a point is pointed at

class Hand extends Sight {
  listen() {
    const over = this.over;
    over.onpointerdown = (event) => this.down(event);
    over.onpointermove = (event) => this.move(event);
    over.onpointerup = over.onpointercancel = (event) => this.up(event);
    over.onpointerleave = (event) => {
      if (!this.pointers.size && !this.tip.contains(event.relatedTarget)) this.aim(null);
    };
    over.onwheel = (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 33 : 1;
      this.zoomBy(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0015)), ...this.where(event));
    };
    over.onkeydown = (event) => this.key(event);
    over.oncontextmenu = (event) => event.preventDefault();
    this.tip.onkeydown = (event) => {
      if (event.key === "Escape") { this.pin(null); over.focus(); }
    };
  }

  where(event) {
    const box = this.over.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  down(event) {
    if (!this.count) return;
    this.over.setPointerCapture(event.pointerId);
    const at = this.where(event);
    this.pointers.set(event.pointerId, at);
    this.aim(undefined);
    if (this.pointers.size === 2) {
      this.drawing = null;
      this.moved = true;
      this.pinch = spread(this.pointers);
    } else if (this.pointers.size === 1) {
      this.from = at;
      this.moved = false;
      if (this.tool !== "move" && event.button === 0) this.drawing = [at];
    }
  }

  move(event) {
    const at = this.where(event), before = this.pointers.get(event.pointerId);
    if (!before) { if (event.pointerType !== "touch") this.aim(at); return; }
    this.pointers.set(event.pointerId, at);
    if (Math.hypot(at[0] - this.from[0], at[1] - this.from[1]) > (event.pointerType === "touch" ? 10 : 4)) this.moved = true;
    if (this.pointers.size === 2) {
      const now = spread(this.pointers);
      this.x -= (now.x - this.pinch.x) / this.scale;
      this.y += (now.y - this.pinch.y) / this.scale;
      this.zoomBy(now.apart / this.pinch.apart, now.x, now.y);
      this.pinch = now;
    } else if (this.drawing) {
      if (this.tool === "box") {
        const [x, y] = this.from;
        this.drawing = [[x, y], [at[0], y], at, [x, at[1]]];
      } else if (Math.hypot(at[0] - this.drawing.at(-1)[0], at[1] - this.drawing.at(-1)[1]) > 3) this.drawing.push(at);
    } else if (this.moved && this.pointers.size === 1) {
      if (this.hover !== null) this.point(null);
      if (this.dimensions === 3 && !event.shiftKey && event.buttons === 1) this.turnBy((at[0] - before[0]) / 180, (at[1] - before[1]) / 180);
      else {
        this.x -= (at[0] - before[0]) / this.scale;
        this.y += (at[1] - before[1]) / this.scale;
      }
    }
    this.draw();
  }

  up(event) {
    const at = this.where(event), there = this.pointers.delete(event.pointerId);
    if (!there || this.pointers.size) return;
    const drawing = this.drawing;
    this.drawing = null;
    if (event.type === "pointerup") {
      if (drawing && this.moved && drawing.length > 2) this.enclose(drawing);
      else if (!this.moved) this.pin(this.nearest(at, event.pointerType === "touch" ? NEAR_FINGER : NEAR));
    }
    this.draw();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.count) return;
    const step = 60 / this.scale, turns = this.dimensions === 3 && event.shiftKey;
    const go = (x, y) => () => {
      if (this.hover !== null) this.point(null);
      if (turns) this.turnBy(-x / 6, y / 6);
      else { this.x += x * step; this.y += y * step; }
    };
    const keys = {
      arrowleft: go(-1, 0), arrowright: go(1, 0), arrowup: go(0, 1), arrowdown: go(0, -1),
      "+": () => this.zoomBy(1.4), "=": () => this.zoomBy(1.4), "-": () => this.zoomBy(1 / 1.4), 0: () => this.fit(),
      m: () => this.take("move"), l: () => this.take("lasso"), b: () => this.take("box"), a: () => this.encloseView(),
      n: () => this.next(event.shiftKey ? -1 : 1), enter: () => this.pin(this.hover),
      escape: () => {
        if (this.drawing) this.drawing = null;
        else if (this.pinned !== null) { this.pin(null); this.point(null); }
        else if (this.hover !== null) this.point(null);
        else this.letGo();
      },
    };
    const act = keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
    this.draw();
  }

  // The next crop from the middle of what is seen, for those who have no pointer.
  next(step) {
    const { width, height } = this.size(), at = this.seen(), near = [];
    for (let row = 0; row < this.count; row++) {
      if (this.dimmed[row]) continue;
      const away = (at[2 * row] - this.x) ** 2 + (at[2 * row + 1] - this.y) ** 2;
      if (away * this.scale ** 2 < (Math.min(width, height) / 2) ** 2) near.push([away, row]);
    }
    if (!near.length) return;
    near.sort((one, other) => one[0] - other[0]);
    const place = near.findIndex(([, row]) => row === this.hover);
    this.point(near[place < 0 ? 0 : (place + step + near.length) % near.length][1]);
  }

  // Where the pointer is, once a frame; null: nowhere, undefined: what was to be looked at is not.
  aim(at) {
    this.aimed = at;
    this.aiming ||= requestAnimationFrame(() => {
      this.aiming = 0;
      if (this.aimed !== undefined && this.count) this.point(this.aimed && this.nearest(this.aimed));
    });
  }

  nearest([x, y], reach = NEAR) {
    const at = this.seen(), [mapX, mapY] = this.toMap(x, y), { count, dimmed } = this;
    let best = (reach / this.scale) ** 2, found = null;
    for (let row = 0; row < count; row++) {
      const across = at[2 * row] - mapX, down = at[2 * row + 1] - mapY, away = across * across + down * down;
      if (away < best && !dimmed[row]) { best = away; found = row; }
    }
    return found;
  }
}
