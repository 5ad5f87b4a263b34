// @ts-check
// The colour that is really painted at a point of a page.

/**
 * @param {import('puppeteer-core').Page} page @param {number} x @param {number} y  CSS px
 * @returns {Promise<number[]>} red, green, blue
 */
export const colourAt = async (page, x, y) => {
  const png = await page.screenshot({ encoding: 'base64', clip: { x: Math.floor(x), y: Math.floor(y), width: 4, height: 4 } });
  return page.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = new OffscreenCanvas(4, 4).getContext('2d');
    canvas?.drawImage(image, 0, 0);
    return [...canvas?.getImageData(0, 0, 1, 1).data ?? []].slice(0, 3);
  }, png);
};
