<?php
// Debian's WordPress without a web server. `install` fills the database at SOCKET; otherwise the
// arguments are addresses, and what WordPress makes of each is printed as JSON, one a line:
// what its oEmbed functions return, and what readers get of a post with an Embed block.
[, $socket, $port] = $argv;
$given = array_slice($argv, 3);
$_SERVER += ['HTTP_HOST' => 'wordpress.example', 'SERVER_PROTOCOL' => 'HTTP/1.1', 'REQUEST_URI' => '/'];
$_SERVER['REQUEST_METHOD'] = 'GET';
define('ABSPATH', '/usr/share/wordpress/');
define('WP_CONTENT_DIR', '/var/lib/wordpress/wp-content');
define('DB_NAME', 'wp');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', "localhost:$socket");
define('WP_INSTALLING', $given === ['install']);
$table_prefix = 'wp_';
require ABSPATH . 'wp-settings.php';

if (WP_INSTALLING) {
    require_once ABSPATH . 'wp-admin/includes/upgrade.php';
    add_filter('pre_wp_mail', '__return_true');
    wp_install('A newsroom', 'admin', 'admin@wordpress.example', true, '', 'only on this machine');
    exit;
}

// WordPress asks no server on the same machine, and only three ports, unless both are allowed.
add_filter('http_request_host_is_external', '__return_true');
add_filter('http_allowed_safe_ports', fn ($ports) => [...$ports, (int) $port]);
foreach ($given as $url) {
    $block = sprintf(
        '<!-- wp:embed %s --><figure class="wp-block-embed"><div class="wp-block-embed__wrapper">%s</div></figure><!-- /wp:embed -->',
        json_encode(['url' => $url]),
        "\n$url\n"
    );
    $id = wp_insert_post(['post_title' => 'A post', 'post_content' => wp_slash($block), 'post_status' => 'publish']);
    $GLOBALS['post'] = get_post($id);
    setup_postdata($GLOBALS['post']);
    $post = apply_filters('the_content', get_the_content());
    echo json_encode(['oembed' => wp_oembed_get($url), 'post' => $post]), "\n";
}
