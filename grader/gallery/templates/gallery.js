"use strict";
// A framed picture reports its height, and its frame becomes as high.
addEventListener("message", (event) => {
  const height = event.data && event.data.height;
  for (const frame of document.querySelectorAll("iframe.framed"))
    if (event.source === frame.contentWindow && height > 0 && height < 20000) frame.height = Math.ceil(height);
});
