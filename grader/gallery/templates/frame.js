
// Framed by an exhibit's page: tell it how high the picture is, now and whenever that changes.
if (parent !== window) {
  document.documentElement.classList.add("is-framed");
  new ResizeObserver(() => parent.postMessage({ height: document.body.getBoundingClientRect().height + 1 }, "*"))
    .observe(document.body);
}
