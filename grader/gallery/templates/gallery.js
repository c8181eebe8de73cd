"use strict";
// A framed picture tells how high it is, so that nothing in it has to be scrolled.
addEventListener("message", (event) => {
  const height = event.data && event.data.height;
  for (const frame of document.querySelectorAll("iframe.framed"))
    if (event.source === frame.contentWindow && height > 0 && height < 20000) frame.height = Math.ceil(height);
});
