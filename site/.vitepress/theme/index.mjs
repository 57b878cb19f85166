import { defineAsyncComponent } from 'vue'
import theme from 'vitepress/theme-without-fonts'
import './style.css'

export default {
  extends: theme,
  enhanceApp: ({ app }) => {
    app.component(
      'ThePlayground',
      defineAsyncComponent(() => import('../../playground/ThePlayground.vue')),
    )
  },
}
