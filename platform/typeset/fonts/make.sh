#!/bin/sh
# Makes the fonts of this directory anew. Needs npm, Python 3 with fonttools 4.68 and brotli, and Debian's fonts-noto-cjk
# (1:20220127). Run it in an empty directory, then copy the .ttf and .otf files here.
set -eu

# Text: as Adobe publishes it. The name "Source" is reserved, so these files are not changed.
npm pack --silent source-sans@3.52.0
tar xzf source-sans-3.52.0.tgz
cp package/TTF/SourceSans3-Regular.ttf package/TTF/SourceSans3-Bold.ttf package/TTF/SourceSans3-It.ttf .

# Headings: one weight of Besley, its two subsets together.
npm pack --silent @fontsource-variable/besley@5.3.0
tar xzf fontsource-variable-besley-5.3.0.tgz
for part in latin latin-ext; do
  fonttools varLib.instancer "package/files/besley-$part-wght-normal.woff2" wght=600 --static -o "besley-$part.ttf"
done
pyftmerge --drop-tables+=STAT,DSIG --output-file=Besley-SemiBold.ttf besley-latin.ttf besley-latin-ext.ttf

# Chinese: the hanzi of GB 2312 (6,763) and of Big5's first level (5,401), kana, punctuation and full-width forms.
python3 - <<'PYTHON' >unicodes.txt
def of(encoding, first, seconds):
    for one in first:
        for two in seconds:
            try:
                yield ord(bytes([one, two]).decode(encoding))
            except UnicodeDecodeError:
                pass

wanted = set(of("gb2312", range(0xA1, 0xF8), range(0xA1, 0xFF)))
wanted |= set(of("big5", range(0xA4, 0xC7), [*range(0x40, 0x7F), *range(0xA1, 0xFF)]))
for first, last in [(0x3000, 0x30FF), (0x31F0, 0x31FF), (0xFF00, 0xFFEF), (0x2190, 0x2199), (0x2460, 0x2473)]:
    wanted |= set(range(first, last + 1))
wanted |= {0x25A0, 0x25A1, 0x25CF, 0x2713, 0x2717, 0x26A0, 0x2605, 0x2606, 0x20AC, 0xB7}
wanted |= {0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2026, 0x2030, 0x2103}
print(",".join(f"{one:X}" for one in sorted(wanted)))
PYTHON
pyftsubset /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc --font-number=2 --unicodes-file=unicodes.txt \
  --layout-features= --no-hinting --name-IDs='*' --output-file=NotoSansSC-Regular.otf
