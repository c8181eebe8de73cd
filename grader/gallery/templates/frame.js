
// In the frame of an exhibit's page: report the picture's height, now and whenever it changes.
if (parent !== window) {
  document.documentElement.classList.add("is-framed");
  new ResizeObserver(() => parent.postMessage({ height: document.body.getBoundingClientRect().height + 1 }, "*"))
    .observe(document.body);
}
