// Charts of the tables beside them: a chart knows no number that its table does not show.
'use strict';

(() => {
  if (!('echarts' in window)) return;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const PALETTE = ['--link', '--rider', '--go', '--stop', '--soft', '--warn'].map(colour);
  const ink = { color: colour('--ink'), fontSize: 12 };
  const rule = { lineStyle: { color: colour('--line') } };
  const charts = new Map();

  const number = (cell) => { const found = parseFloat(cell.textContent); return Number.isNaN(found) ? null : found; };

  function read(section) {
    const table = section.querySelector('table');
    const heads = [...table.querySelectorAll('thead th')];
    const rows = [...table.querySelectorAll('tbody tr')];
    return {
      labels: rows.map((row) => row.cells[0].textContent),
      series: heads.map((head, at) => ({ head, at })).filter(({ head }) => 'value' in head.dataset).map(({ head, at }) => ({
        name: head.textContent,
        values: rows.map((row) => number(row.cells[at])),
        links: rows.map((row) => row.cells[at].querySelector('a')?.href || row.querySelector('a')?.href),
      })),
    };
  }

  function draw(section) {
    const { labels, series } = read(section);
    if (!series.length || !labels.length) return;
    const across = 'across' in section.dataset;
    const kind = section.dataset.chart;
    const box = section.querySelector('.chart-in');
    box.hidden = false;
    const chart = echarts.init(box, null, { renderer: 'canvas' });
    const names = { type: 'category', data: labels, inverse: across, axisLabel: { ...ink, hideOverlap: true }, axisLine: rule };
    const values = { type: 'value', axisLabel: ink, splitLine: rule, min: 0, max: kind === 'line' ? 100 : undefined };
    chart.setOption({
      animation: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      color: PALETTE,
      textStyle: ink,
      grid: { left: 8, right: 48, top: 16, bottom: 8, containLabel: true },
      xAxis: across ? values : names,
      yAxis: across ? names : values,
      series: series.map(({ name, values: data }) => ({
        name, data, type: kind === 'line' ? 'line' : 'bar', stack: kind === 'stack' ? 'all' : undefined,
        barMaxWidth: 36, symbolSize: 8,
        label: { show: kind !== 'stack', position: across ? 'right' : 'top', color: ink.color },
      })),
    });
    chart.on('click', ({ seriesIndex, dataIndex }) => {
      const link = series[seriesIndex].links[dataIndex];
      if (link) location.assign(link);
    });
    box.setAttribute('role', 'img');
    box.setAttribute('aria-label', section.querySelector('h2').textContent);
    charts.set(section.id, chart);
    const button = section.querySelector('[data-png]');
    if (!button) return;
    button.hidden = false;
    button.addEventListener('click', () => save(chart, section.id));
  }

  function save(chart, name) {
    const link = document.createElement('a');
    link.href = chart.getDataURL({ type: 'png', pixelRatio: 2, backgroundColor: colour('--sheet') });
    link.download = `${name}.png`;
    link.click();
  }

  document.querySelectorAll('[data-chart]').forEach(draw);
  let soon = 0;
  addEventListener('resize', () => {
    clearTimeout(soon);
    soon = setTimeout(() => charts.forEach((chart) => chart.resize()), 150);
  });
})();
