# SPDX-License-Identifier: LGPL-2.1-or-later
. "$parts/nginx.sh"
packages='nginx-full libnginx-mod-stream libnginx-mod-mail libnginx-mod-http-image-filter libnginx-mod-http-xslt-filter'
modules=(mail stream http_image_filter http_xslt_filter)
